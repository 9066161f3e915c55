"""Points on a plane that are pictures: a map of any collection. It knows no network."""
