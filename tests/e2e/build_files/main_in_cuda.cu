#include "square.h"

int main() { return countWrongSquares(77) != 0; }
