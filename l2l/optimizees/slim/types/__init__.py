"""Names shared by the model's parts: actions and treatments."""
