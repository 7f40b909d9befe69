; RUN: npu-opt -pass=end-threads %s | FileCheck %s
; A thread that fails ends at a marker and leaves the way of the others as it was. Where a barrier may
; follow, a flag of the warp keeps it from memory instead.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @checked(
; CHECK: fail:
; CHECK-NEXT: call void @__npu_end_thread()
; CHECK-NEXT: br label %store
; CHECK: store:
; CHECK-NOT: alloca
define void @checked(i32* %p, i32 %n) {
entry:
  %good = icmp slt i32 %n, 10
  br i1 %good, label %store, label %fail
fail:
  call void @__npu_end_thread()
  unreachable
store:
  store i32 %n, i32* %p
  ret void
}

; Two ways into one failing block: each goes on where it came from.
; CHECK-LABEL: define void @twice(
; CHECK: call void @__npu_end_thread()
; CHECK-NEXT: br label %second
; CHECK: call void @__npu_end_thread()
; CHECK-NEXT: br label %store
define void @twice(i32* %p, i32 %n) {
entry:
  %good = icmp slt i32 %n, 10
  br i1 %good, label %second, label %fail
second:
  %positive = icmp sgt i32 %n, 0
  br i1 %positive, label %store, label %fail
store:
  store i32 %n, i32* %p
  ret void
fail:
  unreachable
}

; CHECK-LABEL: define void @barrier(
; CHECK: %ended = alloca i1, align 1, !npu.warp
; CHECK: store i1 false, i1* %ended
; CHECK: store i1 true, i1* %ended
; CHECK-NOT: call void @__npu_end_thread
; CHECK: %address = getelementptr
; CHECK: load i1, i1* %ended
; CHECK: br i1
; CHECK: call void @llvm.nvvm.barrier0()
define void @barrier(i32* %p, i64 %n) {
entry:
  %good = icmp slt i64 %n, 10
  br i1 %good, label %store, label %fail
fail:
  unreachable
store:
  %address = getelementptr i32, i32* %p, i64 %n
  store i32 1, i32* %address
  call void @llvm.nvvm.barrier0()
  ret void
}

declare void @__npu_end_thread()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i32*, i32)* @checked, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @twice, !"kernel", i32 1}
!2 = !{void (i32*, i64)* @barrier, !"kernel", i32 1}
