"""Agents: a program that talks (an MCP host) finds, previews and re-ships through the API, with a key's rights."""
