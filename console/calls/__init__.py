"""What agents do: calls, call-backs and reports."""
