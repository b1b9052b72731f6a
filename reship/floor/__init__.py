"""THE FLOOR: the records of the warehouse's work, beside the documents."""
