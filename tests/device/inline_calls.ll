; RUN: npu-opt -pass=link-library -pass=inline-calls -pass=optimize %s | FileCheck %s
; Device functions disappear into the kernel, noinline ones too; unused ones are dropped.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-NOT: @helper
; CHECK-NOT: @unused
; CHECK: define {{.*}}void @k(
; CHECK: mul i32 %{{.*}}, 3
; CHECK-NOT: call
; CHECK: ret void
define i32 @helper(i32 %x) noinline {
  %r = mul i32 %x, 3
  ret i32 %r
}
define i32 @unused(i32 %x) {
  ret i32 %x
}
define void @k(i32* %out) {
  %v = load i32, i32* %out
  %r = call i32 @helper(i32 %v)
  store i32 %r, i32* %out
  ret void
}
!nvvm.annotations = !{!0}
!0 = !{void (i32*)* @k, !"kernel", i32 1}
