"""The demo company 株式会社縁日堂: its world (`world`, pure and seeded) and the chapters that write it down."""
