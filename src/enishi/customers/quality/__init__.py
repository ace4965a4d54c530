"""データ品質: how well customers are written down, day by day: marks of each, figures of all."""
