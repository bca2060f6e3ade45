"""The application, put together: the only place where settings meet the parts."""

import functools
import hmac
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC
from typing import Protocol

import click
from flask import Flask, Response, abort, request
from flask.cli import ScriptInfo

import commands
import logs
from commands import demonstration_set
from commands.checkup.patient import Patient
from commands.checkup.stores import SECONDS
from config import STORES, WEB, BadSettings, Config
from console import face, metrics
from console.desk import STATEMENT_SECONDS, Desk
from console.entrance import demonstration
from console.people import People
from console.security import HEADERS
from console.simulator import gateway
from console.simulator import phone as simulator
from menus.bell import Bell
from menus.callbacks import Callbacks
from menus.check import BadMenus
from menus.flows import HOME, MOVED, SCREENS
from menus.late_answers import answer
from menus.line import Clock, Line, now
from menus.lookups import Journal, Mover
from menus.nodes import Nodes
from menus.parked import Parked
from menus.reader import reader_of
from menus.sessions import Sessions, connect
from menus.spool import Spool
from menus.tally import Tally
from menus.vocabulary import BadVocabulary
from menus.voices import Files, Voices
from menus.watch import Watch
from menus.words import load
from models.base import Database, Unavailable
from models.country import BadCountry, Country, kenya
from models.documents import holds_demonstration, holds_real
from models.keys import ROTATED, Archive, Sealer
from models.lookup_counts import LookupCounts, lookup_counts
from models.networks import networks
from models.sms_counts import Counts, sms_counts
from models.summaries.refresher import Refresher
from sms import africastalking, kannel
from sms import webhook as sms_webhook
from sms.gateway import Sender
from sms.sender import run
from ussd import phone
from ussd import webhook as ussd_webhook
from ussd.admission import Admission
from ussd.application import Application

LARGEST = 8 * 1024
"""Octets of a callback that are read, in its body or behind its address."""


_DESK_CONNECTIONS = 3
"""Connections that a process keeps ready for the console's pages."""


class Guard(Protocol):
    """Makes the check of a face that is called with tokens."""

    def __call__(self, gateways: Collection[str], largest: int = ...) -> Callable[[], None]:
        """Turn away who calls for no gateway of these, with no live token, or too much.

        Args:
            largest: octets of a call that are read.
        """


def create_app(config: Config | None = None, clock: Clock = now) -> Flask:
    """Make the application.

    Under the `flask` command nothing is opened before a command wants it, so that
    `flask keys new` runs on a machine without settings. Anywhere else it is ready to serve.

    Args:
        clock: tells the moment, in UTC.

    Raises:
        BadSettings: naming every setting that lacks or is wrong, or every fault in the menus.
    """
    config = config or Config.from_env()
    logs.configure()
    app = Application(__name__, static_folder=None)  # no address but those that are described
    app.url_map.merge_slashes = False  # an address with an empty token is no address
    app.config.update(
        DEMO=config.demo,
        PORT=config.port,
        VAR_DIR=config.var_dir,
        USSD_CODE=config.ussd_code,
        USSD_PAGE=config.ussd_page,
        WORDS_DIR=config.words_dir,
        REFERENCE_DIR=config.reference_dir,
        REDIS_URL=config.redis_url,
        SMS_LIMITS=config.limits,
        KEEP=config.keep,
        PG_BIN=config.pg_bin,
        TOKEN=config.gateway_tokens[0] if config.gateway_tokens else "",
    )
    line = functools.cache(lambda: open_line(config, clock))
    app.extensions["country"] = lambda: read_country(config)
    app.extensions["line"] = line
    app.extensions["rotation"] = functools.partial(_rotation, config, clock)
    app.extensions["keys"] = lambda: {name: getattr(config, name.lower()) for name in ROTATED}
    app.extensions["send"] = lambda: functools.partial(_send, line(), _senders(config), config)
    app.extensions["serve"] = lambda: _serve(app, config, line())
    app.extensions["patient"] = lambda: _patient(config, line)
    commands.register(app)
    app.cli.add_command(phone.call)
    if not _is_flask_command():
        config.require(*WEB)
        _serve(app, config, line())
    return app


def _is_flask_command() -> bool:
    """Say whether the `flask` command makes the application; servers have commands too."""
    context = click.get_current_context(silent=True)
    return context is not None and context.find_object(ScriptInfo) is not None


def proved_menus(config: Config, country: Country | None = None) -> Files:
    """Read the words, and prove that the menus may take calls.

    Args:
        country: the country that is served, where it is read already.

    Raises:
        BadSettings: naming every fault in the menus.
    """
    country = country or read_country(config)
    try:
        words = load(config.words_dir, first=country.first_language)
    except ValueError as fault:
        raise BadSettings(f"The words cannot be read: {fault}") from None
    files = Files(SCREENS, HOME, MOVED, words, config.ussd_code, config.ussd_page, country)
    try:
        files.voice()
    except BadMenus as faults:
        raise BadSettings(f"The menus may not take calls:\n{faults}") from None
    return files


def read_country(config: Config) -> Country:
    """Read the country that the line serves, and how people there write texts.

    Raises:
        BadSettings: naming every fault in its files.
    """
    try:
        country = Country.read(config.country_file) if config.country_dir else kenya()
        reader_of(country)
    except (BadCountry, BadVocabulary) as faults:
        raise BadSettings(f"The country cannot be served:\n{faults}") from None
    return country


def open_line(config: Config, clock: Clock = now, rotates: bool = False) -> Line:
    """Open the stores, prove the menus, and put the line together.

    Args:
        rotates: the process may be given the private archive key.

    Raises:
        BadSettings: as in `create_app`; also where the database is of the other mode.
    """
    config.require(*STORES, rotates=rotates)
    country = read_country(config)
    files = proved_menus(config, country)
    config.var_dir.mkdir(parents=True, exist_ok=True)
    database = Database(config.database_url, replica=config.database_replica_url)
    database.open()
    _keep_apart(config, database)
    redis = _redis(config)
    sessions = Sessions(redis, config.secret_key, country)
    journal = Journal(config.var_dir / "lookups")
    voices = Voices(files, database)
    voices.follow()
    known = {*networks(config.reference_dir), *config.caller_costs}
    return Line(
        voices=voices,
        database=database,
        sessions=sessions,
        watch=Watch(database, sessions, voices),
        journal=journal,
        mover=Mover(journal, database, config.lookup_miss_share),
        tally=Tally(database, country, files.words, known, clock),
        parked=Parked(_spool(config, "parked"), config.keys, country),
        callbacks=Callbacks(_spool(config, "callbacks"), config.keys),
        bell=Bell(redis),
        keys=config.keys,
        country=country,
        code=config.ussd_code,
        costs=config.caller_costs,
        clock=clock,
    )


def _redis(config: Config) -> Nodes:
    """Find the servers of Redis."""
    return connect(
        config.redis_url,
        config.redis_mode,
        config.redis_sentinel_name,
        config.redis_sentinel_password,
    )


def _spool(config: Config, name: str) -> Spool:
    """Open a spool, whose key is one of those that phones are kept under."""
    return Spool(config.var_dir / name, Sealer(config.keys.phone, name))


def _rotation(config: Config, clock: Clock, reads: bool) -> tuple[Line, Archive | None]:
    """Open the line for those commands that may be given the private archive key.

    Args:
        reads: the command cannot do without it.
    """
    if reads:
        config.require(*STORES, "ARCHIVE_PRIVATE_KEY", rotates=True)
    archive = config.archive if reads else None
    return open_line(config, clock, rotates=True), archive


def _serve(app: Flask, config: Config, line: Line) -> None:
    """Add the outside faces."""
    line.watch.start()
    line.mover.start()
    line.tally.start()
    guard = _guard(config.gateway_tokens)
    app.register_blueprint(ussd_webhook.blueprint(line, guard, any_code=config.demo))
    app.register_blueprint(sms_webhook.blueprint(line, guard))
    _drain(line)
    people = People(lambda: _pages(app, config, line))
    app.extensions["people"] = people
    app.extensions["admission"] = Admission(
        line, config.ussd_page, config.gateway_tokens, HEADERS
    )
    app.wsgi_app = logs.named(people.beside(app.wsgi_app))  # type: ignore[method-assign, assignment]
    _add_health(app, line)
    _add_metrics(app, config, line)


def _drain(line: Line) -> None:
    """Have that taken, from now on, which waits for the database."""

    def may_look_up() -> bool:
        return not line.watch.is_paused("lookups") and line.database.keeps()

    line.parked.start(functools.partial(answer, line), may_look_up)
    line.callbacks.start(line.database.keeps)


def _guard(tokens: tuple[str, ...]) -> Guard:
    """Make the guard of the webhooks, for each by the gateways it knows and what it reads.

    A token is compared with every live one, in a time that tells nothing.
    """
    live = [one.encode() for one in tokens]

    def known(token: str) -> bool:
        given = token.encode(errors="surrogatepass")
        return sum(hmac.compare_digest(given, one) for one in live) > 0

    def guard(gateways: Collection[str], largest: int = LARGEST) -> Callable[[], None]:
        def check() -> None:
            came = request.view_args or {}
            if came.get("gateway") not in gateways or not known(came.get("token", "")):
                abort(404)
            request.max_content_length = largest
            if len(request.query_string) > largest:
                abort(413)

        return check

    return guard


def _pages(app: Flask, config: Config, line: Line) -> Flask:
    """Make what people look at: the console, and in a demonstration the phone on a page."""
    database = Database(config.database_url, _DESK_CONNECTIONS, STATEMENT_SECONDS)
    database.open()
    desk = Desk(
        line=line,
        database=database,
        secret=config.secret_key,
        limits=config.limits,
        keep=config.keep,
        words_dir=config.words_dir,
        reference_dir=config.reference_dir,
        var_dir=config.var_dir,
        page=config.ussd_page,
        demo=config.demo,
    )
    pages = face.application(desk)
    if config.demo:
        _add_demonstration(pages, desk, _handset(config, line, app.config["TOKEN"]))
    return pages


def _add_demonstration(pages: Flask, desk: Desk, handset: simulator.Handset) -> None:
    """Add the phone on the page, the gateway that brings it its texts, and made-up agents."""
    messages, hmac_of = desk.var_dir / "messages", desk.line.keys.phone_hmac
    pages.register_blueprint(gateway.blueprint(messages, lambda one: hmac_of(one).hex()))
    pages.register_blueprint(simulator.blueprint(handset))
    with suppress(Unavailable):  # they are made when the next process starts
        demonstration.make(desk)
    pages.register_blueprint(demonstration.authenticator(desk))


def _handset(config: Config, line: Line, token: str) -> simulator.Handset:
    """Make what the phone on the page must know."""
    return simulator.Handset(
        line=line,
        page=config.ussd_page,
        token=token,
        sender=config.sms_sender,
        networks=networks(config.reference_dir),
        numbers=[number for number, _ in demonstration_set.TRY],
    )


def _add_health(app: Flask, line: Line) -> None:
    @app.get("/health/live")
    def live() -> Response:
        return Response("live\n", mimetype="text/plain")

    @app.get("/health/ready")
    def ready() -> Response:
        """Redis is not asked for: the line answers without it."""
        if line.database.answers():
            return Response("ready\n", mimetype="text/plain")
        return Response("the database does not answer\n", status=503, mimetype="text/plain")


def _add_metrics(app: Flask, config: Config, line: Line) -> None:
    limits = config.limits

    def counted() -> Counts:
        return sms_counts(line.database, line.country.day(line.clock()), limits)

    def looked() -> LookupCounts:
        return lookup_counts(line.database, line.clock().astimezone(UTC))

    app.register_blueprint(metrics.blueprint(line, counted, looked, config.metrics_token))


def _send(
    line: Line, senders: list[Sender], config: Config, stopped: Callable[[], bool]
) -> None:
    """Send until told to stop, and count the line's days anew beside it."""
    refresher = Refresher(line.database, line.country, config.keep, line.clock)
    refresher.start()
    try:
        run(line, senders, config.limits, stopped)
    finally:
        refresher.close()


def _patient(config: Config, line: Callable[[], Line]) -> Patient:
    """Give the doctor what there is to look at, each part to be had by itself."""

    def opened(url: str) -> Database:
        return Database(url, connections=1, seconds=SECONDS)

    def accounts() -> list[Sender]:
        return _senders(config)

    replica = config.database_replica_url
    return Patient(
        demo=config.demo,
        prove=lambda: config.require(*WEB, *config.sender_needs),
        pages=lambda: proved_menus(config).check({}).pages,
        tokens=config.gateway_tokens,
        keys={name: getattr(config, name.lower()) for name in ROTATED},
        secret=config.secret_key,
        metrics_token=config.metrics_token,
        database=lambda: opened(config.database_url),
        replica=(lambda: opened(replica)) if replica else None,
        redis=lambda: _redis(config),
        redis_mode=config.redis_mode,
        var_dir=config.var_dir,
        accounts=accounts,
        sms_url=config.at_base_url,
        sms_username=config.at_username,
        line=line,
        addresses=_addresses(),
    )


def _addresses() -> list[tuple[str, str]]:
    """List what gateways call: what it is for, and its path."""
    own_ends = dict.fromkeys(  # some gateways add a session's own end to the address
        (gateway.NAME, "" if "<" in one.path else one.path)
        for gateway in ussd_webhook.GATEWAYS
        for one in gateway.ADDRESSES
    )
    hops = [(f"{name} USSD{path.replace('/', ' ')}", name, path) for name, path in own_ends]
    texts = [
        (f"{name} SMS{path.replace('/', ' ')}", name, path)
        for name in sms_webhook.GATEWAYS
        for path in ("", "/reports", "/optouts")
        if path != "/optouts" or name in sms_webhook.OPT_OUTS
    ]
    return [
        *((what, f"/ussd/{name}/<token>{path}") for what, name, path in hops),
        *((what, f"/sms/{name}/<token>{path}") for what, name, path in texts),
    ]


def _senders(config: Config) -> list[Sender]:
    """Make the senders of the gateways that are set, in the order of their use."""
    config.require(*config.sender_needs)
    make: dict[str, Callable[[], Sender]] = {
        "africastalking": lambda: africastalking.Sender(
            config.at_username, config.at_api_key, config.at_base_url, config.sms_sender
        ),
        "kannel": lambda: kannel.Sender(
            config.kannel_url,
            config.kannel_username,
            config.kannel_password,
            config.sms_sender,
            config.kannel_reports_url,
        ),
    }
    return [make[name]() for name in config.sms_gateways]


def _keep_apart(config: Config, database: Database) -> None:
    """Refuse a database of the other mode: real documents and made-up ones never meet."""
    foreign = holds_real if config.demo else holds_demonstration
    try:
        with database.reading() as connection:
            held = foreign(connection)
    except Unavailable:
        return  # it is looked at again when the next process starts
    if held:
        database.close()
        raise BadSettings(_FOREIGN[config.demo])


_FOREIGN = {
    False: "this database holds demonstration documents: it is for DEMO=1 only",
    True: "this database holds a centre's own documents: it is not for DEMO=1",
}
