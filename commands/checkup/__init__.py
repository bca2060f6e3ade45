"""What `flask doctor` looks at."""
