// The host's view of square.cu.
#pragma once
int countWrongSquares(int count);
