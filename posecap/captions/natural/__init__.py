"""Style `natural`: statements become facts, facts clauses, clauses text; a chapter each."""
