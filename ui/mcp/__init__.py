"""How do other assistants use the tools? A server of the Model Context Protocol over one workspace and one person."""
