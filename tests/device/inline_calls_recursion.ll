; RUN: not npu-opt -pass=inline-calls %s 2>&1 | FileCheck %s
target triple = "nvptx64-nvidia-cuda"

; CHECK: error: in 'factorial': this function calls itself, directly or through others; rewrite it as a loop [npu-recursion]
define i32 @factorial(i32 %n) {
entry:
  %stop = icmp slt i32 %n, 2
  br i1 %stop, label %one, label %more
one:
  ret i32 1
more:
  %less = sub i32 %n, 1
  %rest = call i32 @factorial(i32 %less)
  %product = mul i32 %n, %rest
  ret i32 %product
}
define void @k(i32* %out) {
  %v = call i32 @factorial(i32 5)
  store i32 %v, i32* %out
  ret void
}
!nvvm.annotations = !{!0}
!0 = !{void (i32*)* @k, !"kernel", i32 1}
