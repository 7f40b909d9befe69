; RUN: npu-opt -pass=inline-calls %s | FileCheck %s
; A tail call of the function itself is a loop; what still calls itself stays a function.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define {{.*}}i32 @fibonacci(
; CHECK: call i32 @fibonacci(
define i32 @fibonacci(i32 %n) {
entry:
  %stop = icmp slt i32 %n, 2
  br i1 %stop, label %one, label %more
one:
  ret i32 %n
more:
  %less = sub i32 %n, 1
  %first = call i32 @fibonacci(i32 %less)
  %lesser = sub i32 %n, 2
  %second = call i32 @fibonacci(i32 %lesser)
  %sum = add i32 %first, %second
  ret i32 %sum
}

; CHECK-LABEL: define void @k(
; CHECK-NOT: @factorial
; CHECK: call i32 @fibonacci(
; CHECK: ret void
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
define void @k(i32* %out, i32 %n) {
  %v = call i32 @factorial(i32 %n)
  %w = call i32 @fibonacci(i32 %n)
  %sum = add i32 %v, %w
  store i32 %sum, i32* %out
  ret void
}
!nvvm.annotations = !{!0}
!0 = !{void (i32*, i32)* @k, !"kernel", i32 1}
