"""入力基準: what may stand in the fields of a customer, and how it is written. One evaluator for form, list, import, API and cleansing."""
