"""Made-up people and wants of all 43 territorial forces, made where they are kept: in SQL."""
