"""What administrators do: agents, lists, announcements, campaigns, words."""
