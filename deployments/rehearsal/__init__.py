"""The rehearsal: whole journeys from files, played on a virtual clock through the real doors and desks."""
