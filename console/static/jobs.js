// How far a job is: asked for every second, and the page read anew once it is over.
(() => {
  "use strict";
  const job = document.querySelector("[data-job]");
  if (!job) return;
  const bar = job.querySelector("progress");
  const said = job.querySelector("[data-done]");

  async function look() {
    try {
      const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
      if (answer.redirected) return window.location.reload();
      if (answer.ok) show(await answer.json());
    } catch {
      // the network is away, or the database: it is asked again
    }
    return undefined;
  }

  function show(told) {
    if (told.stage !== job.dataset.stage) {
      window.location.reload();
      return;
    }
    if (told.of) {
      bar.max = told.of;
      bar.value = Math.min(told.done, told.of);
    }
    said.textContent = told.done ? told.done.toLocaleString(document.documentElement.lang) : "";
  }

  window.setInterval(look, 1000);
})();
