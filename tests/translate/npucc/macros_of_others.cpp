// RUN: npucc -c %s -o %t.o
// Headers of X11 define Success, and may stand before ours.
#define Success 0
#include <npu/graphics.h>
int main() { return npuSuccess == npuGetLastError() && Success == 0 ? 0 : 1; }
