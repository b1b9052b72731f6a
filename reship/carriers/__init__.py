"""CARRIERS: what they charge, the labels that are bought of them, and what they say of a parcel."""
