int answer(void) { int class = 42; return class; }
