"""A believable small company to try the engine on."""
