; RUN: npu-opt -pass=thread-state %s | FileCheck %s
; The carry flag is a variable of the kernel, also between statements; exit is a return.
target triple = "nvptx64-nvidia-cuda"
@__npu_carry_flag = internal global i1 false

; CHECK-NOT: @__npu_carry_flag
; CHECK: [[FLAG:%[0-9]+]] = alloca i1
; CHECK: store i1 true, i1* [[FLAG]]
; CHECK: load i1, i1* [[FLAG]]
; CHECK-NOT: __npu_exit_thread
; CHECK: ret void
; CHECK: ret void
define void @k(i1 %b) {
  store i1 true, i1* @__npu_carry_flag
  %c = load i1, i1* @__npu_carry_flag
  br i1 %c, label %leave, label %stay
leave:
  call void @__npu_exit_thread()
  unreachable
stay:
  ret void
}
declare void @__npu_exit_thread()
!nvvm.annotations = !{!0}
!0 = !{void (i1)* @k, !"kernel", i32 1}
