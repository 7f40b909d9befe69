// Control flow that differs between the threads of a warp.
#include "check.h"

BODY(NestedIfs) {
  int v = in[t.id() % kInputs];
  if (v > 4) {
    if (t.x % 3 == 0)
      v += 100;
    else if (t.x % 3 == 1)
      v -= 7;
    if (v & 1) {
      v *= 3;
      if (t.lane() > 20)
        v ^= 0x55;
    }
  } else {
    v = -v;
    if (v < 3)
      out[1] = v;
  }
  out[0] = v;
}

BODY(ElseChain) {
  int v = in[(t.id() * 7) % kInputs] & 7, r;
  if (v == 0)
    r = 11;
  else if (v == 1)
    r = in[5];
  else if (v == 2)
    r = in[v + t.x % 5];
  else if (v < 5)
    r = v * v;
  else
    r = -1 - v;
  out[0] = r;
}

BODY(TripCounts) {
  int n = in[(t.id() * 5) % kInputs] & 31, sum = 0;
  for (int i = 0; i < n; ++i)
    sum += in[(i * 13 + t.x) % kInputs];
  out[0] = sum;
  out[1] = n;
}

BODY(BreakAndContinue) {
  int sum = 0, i = 0;
  for (i = 0; i < 64; ++i) {
    int v = in[(i + t.id()) % kInputs];
    if (v == 3)
      continue;
    if (v > 27)
      break;
    sum += v * i;
  }
  out[0] = sum;
  out[1] = i;
}

BODY(EarlyReturn) {
  if (t.x % 5 == 1)
    return;
  int v = in[t.id() % kInputs];
  out[0] = v;
  if (v < 0)
    return;
  for (int i = 0; i < 9; ++i) {
    v += in[(v & 63) + i];
    if (v > 60) {
      out[1] = i;
      return;
    }
  }
  out[2] = v;
}

BODY(SwitchFallthrough) {
  int r = 0;
  switch (in[t.id() % kInputs] & 7) {
  case 0:
    r += 1;
    [[fallthrough]];
  case 1:
    r += 10;
    [[fallthrough]];
  case 2:
    r += 100;
    break;
  case 5:
    r += in[t.lane()];
    [[fallthrough]];
  default:
    r -= 5;
    break;
  case 6:
    out[3] = 6;
    return;
  }
  out[0] = r;
}

BODY(SwitchInLoop) {
  int r = 0, state = int(t.x & 3);
  for (int i = 0; i < 20; ++i) {
    switch (state) {
    case 0:
      state = in[(t.id() + i) % kInputs] & 3;
      r += 1;
      break;
    case 1:
      r += 1000;
      state = 2;
      continue;
    case 2:
      r ^= i;
      state = 3;
      [[fallthrough]];
    case 3:
      r += 7;
      if (r % 11 == 0)
        goto done;
      state = 0;
    }
    r += 2;
  }
done:
  out[0] = r;
  out[1] = state;
}

BODY(GotoBackAndForth) {
  int v = in[t.id() % kInputs] & 15, steps = 0;
again:
  if (v <= 0)
    goto end;
  if (v & 1)
    goto odd;
  v /= 2;
  ++steps;
  goto again;
odd:
  v -= 3;
  steps += 16;
  if (steps < 200)
    goto again;
end:
  out[0] = v;
  out[1] = steps;
}

// A jump into a loop's middle.
BODY(IrreducibleFlow) {
  int v = in[t.id() % kInputs] & 31, n = 0;
  if (t.lane() % 3 == 0)
    goto middle;
top:
  v += 5;
  ++n;
middle:
  v -= 7;
  n += 100;
  if (v > 0 && n < 2000)
    goto top;
  if ((v & 1) && n < 1500) {
    v += 20;
    goto middle;
  }
  out[0] = v;
  out[1] = n;
}

BODY(ShortCircuit) {
  int a = in[t.id() % kInputs], b = in[(t.id() + 17) % kInputs];
  int calls = 0;
  auto count = [&](bool value) {
    ++calls;
    return value;
  };
  bool r = (count(a > 3) && count(b < 9)) || (count(a + b > 11) && count(t.x & 1));
  out[0] = r;
  out[1] = calls;
  // The second operand must not run where the first decides: its index would be out of the array.
  out[2] = a >= 0 && a < 32 && in[a] > 5 ? in[a + 1] : -3;
}

BODY(NestedLoopsWithLiveOuts) {
  int outer = in[t.id() % kInputs] & 7, last = -1, lastInner = -2, total = 0;
  for (int i = 0; i <= outer; ++i) {
    int inner = in[(i * 31 + t.id()) % kInputs] & 7;
    for (int j = 0; j < inner; ++j) {
      lastInner = j * 100 + i;
      if (in[(j + t.x) % kInputs] == 4)
        break;
      total += lastInner;
    }
    last = inner;
    if (total > 2000)
      break;
  }
  out[0] = last;
  out[1] = lastInner;
  out[2] = total;
}

// The counter and other uniform-looking values, used after a loop that lanes leave at different
// times.
BODY(UniformValuesAfterLoop) {
  int i = 0, square = 0;
  float f = 1.0f;
  const int *p = in;
  while (in[(i * 3 + t.id()) % kInputs] != 2 && i < 40) {
    ++i;
    square = i * i;
    f *= 1.5f;
    p = in + i;
  }
  out[0] = i;
  out[1] = square;
  out[2] = int(f > 100.0f) + *p;
  out[3] = int(p - in);
}

BODY(PhiOfPointers) {
  const int *p = t.x & 1 ? in + 64 : in;
  if (t.lane() > 9)
    p += 3;
  else if (t.y == 0)
    p = in + 500;
  out[0] = p[t.x];
  const int *walk = p;
  for (unsigned i = 0; i < (t.id() & 7); ++i)
    walk += i;
  out[1] = *walk;
  out[2] = int(walk - p);
}

BODY(UniformBranchInDivergentRegion) {
  int v = 0;
  if (t.lane() & 2) {
    if (t.blockX == 0)
      v = in[1];
    else
      v = in[2] + 1000;
    for (unsigned i = 0; i < t.columns % 5; ++i) {
      v += int(i);
      if (t.blockX == 1)
        v *= 2;
    }
  }
  if (t.blockX == 0) {
    if (t.x % 7 == 3)
      v += 5;
    else
      v -= 5;
  } else if (t.rows == 1) {
    if (v)
      v = -v;
  }
  out[0] = v;
}

// Only some warps of a block, only some lanes, come here.
BODY(SomeWarpsOnly) {
  int r = 5;
  if (t.inBlock() / 32 == 1 || t.inBlock() == 3) {
    int i = 0;
    do {
      r = r * 3 + i;
      ++i;
    } while (i < int(t.lane()));
  }
  out[0] = r;
}

BODY(Ternaries) {
  int a = in[t.id() % kInputs], b = in[(t.id() + 1) % kInputs];
  out[0] = a < b ? a : b;
  out[1] = a > 0 ? (b > 0 ? a * b : a - b) : (b > 0 ? b : 0);
  double d = a > b ? 1.5 : b / 4.0;
  out[2] = int(d);
  bool flag = a < 3 ? b < 3 : t.x & 1;
  out[3] = flag ? -1 : 1;
}

BODY(LoopInsideSwitch) {
  int r = 0;
  switch (t.x & 3) {
  case 0:
    for (int i = 0; i < (in[t.x] & 7); ++i)
      r += in[i];
    break;
  case 1:
    while (r < 50)
      r += (in[t.x % 10] & 15) + 1;
    break;
  case 2:
    do
      r -= int(t.x) + 1;
    while (r > -20);
  }
  out[0] = r;
}

BODY(Collatz) {
  unsigned v = t.id() + 1;
  int steps = 0;
  unsigned highest = v;
  while (v != 1) {
    v = v & 1 ? 3 * v + 1 : v / 2;
    highest = v > highest ? v : highest;
    ++steps;
  }
  out[0] = steps;
  out[1] = int(highest);
}

__host__ __device__ inline int classify(int v, int depth) {
  if (v < 0)
    return -depth;
  for (int i = 0; i < depth; ++i) {
    if (v % (i + 2) == 0)
      return i;
    if (v > 30)
      return 100 + v;
  }
  return v;
}

// Functions with several returns, called under conditions and in loops.
BODY(FunctionsWithReturns) {
  int v = in[t.id() % kInputs];
  int r = classify(v, 4);
  if (r > 2)
    r += classify(v - 3, int(t.x & 3));
  for (int i = 0; i < 3; ++i)
    r = r * 5 + classify(r % 17, i + 1);
  out[0] = r;
}

// Loops that end by returning from the middle of two others.
BODY(ReturnFromNestedLoops) {
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j) {
      int v = in[(i * 8 + j + t.id() * 3) % kInputs];
      if (v == 20) {
        out[0] = i;
        out[1] = j;
        return;
      }
      if (v == 7)
        break;
    }
  out[2] = int(t.id());
}

// Two loops that share a condition; values swapped on each turn.
BODY(SwappedPhis) {
  int a = int(t.x), b = in[t.id() % kInputs] & 31, c = 1;
  while (b != 0) {
    int r = a % b;
    a = b;
    b = r;
    ++c;
  }
  out[0] = a;
  out[1] = c;
}

BODY(Sorting) {
  int v[6];
  for (int i = 0; i < 6; ++i)
    v[i] = in[(t.id() * 6 + i) % kInputs];
  for (int i = 1; i < 6; ++i) {
    int key = v[i], j = i - 1;
    while (j >= 0 && v[j] > key) {
      v[j + 1] = v[j];
      --j;
    }
    v[j + 1] = key;
  }
  int hash = 0;
  for (int i = 0; i < 6; ++i)
    hash = int(unsigned(hash) * 31u + unsigned(v[i]));
  out[0] = hash;
}

BODY(BooleansThroughLoops) {
  bool seen = false, odd = t.x & 1;
  int first = -1;
  for (int i = 0; i < 30 && !(seen && odd); ++i) {
    bool hit = in[(t.id() + i) % kInputs] > 20;
    if (hit && !seen)
      first = i;
    seen = seen || hit;
    odd ^= hit;
  }
  out[0] = first;
  out[1] = seen;
  out[2] = odd;
}

BODY(InfiniteLoopWithExits) {
  int n = 0, v = int(t.id());
  for (;;) {
    v = int(unsigned(v) * 5u + 1u) & 1023;
    if (v < 50)
      break;
    if (++n > 30) {
      n = -n;
      break;
    }
    if (v % 3 == 0)
      continue;
    v += int(t.lane());
  }
  out[0] = n;
  out[1] = v;
}

int main() {
  checkBodies<NestedIfs, ElseChain, TripCounts, BreakAndContinue, EarlyReturn, SwitchFallthrough,
              SwitchInLoop, GotoBackAndForth, IrreducibleFlow, ShortCircuit,
              NestedLoopsWithLiveOuts, UniformValuesAfterLoop, PhiOfPointers,
              UniformBranchInDivergentRegion, SomeWarpsOnly, Ternaries, LoopInsideSwitch, Collatz,
              FunctionsWithReturns, ReturnFromNestedLoops, SwappedPhis, Sorting,
              BooleansThroughLoops, InfiniteLoopWithExits>(4);
  return finish();
}
