"""AWS Identity and Access Management: who there is in an account, and what each may do."""
