"""What supervisors look at: figures over a period, as charts, tables and CSV."""
