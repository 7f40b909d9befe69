; RUN: npu-opt -pass=waiting-loops %s | FileCheck %s
; What lies between a wait and the release becomes part of the waiting loop.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @lock(
; CHECK: cmpxchg
; CHECK: call void @__npu_yield(i32 0)
; CHECK: br i1 %taken, label %{{.*}}, label %again
; CHECK: atomicrmw xchg
; CHECK: br label %again
; CHECK: again:
; CHECK: %done = phi i1 [ false, %attempt ], [ true, %{{.*}} ]
; CHECK: br i1 %done, label %{{.*}}, label %attempt
define void @lock(i32* %mutex, i32* %out) {
entry:
  br label %attempt
attempt:
  %pair = cmpxchg i32* %mutex, i32 0, i32 1 monotonic monotonic
  %taken = extractvalue { i32, i1 } %pair, 1
  br i1 %taken, label %critical, label %attempt
critical:
  %v = load volatile i32, i32* %out
  %w = add i32 %v, 1
  store volatile i32 %w, i32* %out
  %old = atomicrmw xchg i32* %mutex, i32 0 monotonic
  store i32 %w, i32* %out
  ret void
}

; An ordinary compare-and-swap loop waits for nobody.
; CHECK-LABEL: define void @maximum(
; CHECK-NOT: again
define void @maximum(i32* %p, i32 %v) {
entry:
  %first = load i32, i32* %p
  br label %loop
loop:
  %old = phi i32 [ %first, %entry ], [ %seen, %loop ]
  %pair = cmpxchg i32* %p, i32 %old, i32 %v monotonic monotonic
  %seen = extractvalue { i32, i1 } %pair, 0
  %ok = extractvalue { i32, i1 } %pair, 1
  br i1 %ok, label %done, label %loop
done:
  store i32 0, i32* %p
  ret void
}

; All lanes pass the barrier before any releases: the wait is for another block.
; CHECK-LABEL: define void @previous_block(
; CHECK-NOT: again
; CHECK: call void @__npu_yield(i32 2)
define void @previous_block(i32* %flags) {
entry:
  br label %wait
wait:
  %v = load volatile i32, i32* %flags
  %set = icmp ne i32 %v, 0
  br i1 %set, label %go, label %wait
go:
  call void @llvm.nvvm.barrier0()
  %mine = getelementptr i32, i32* %flags, i32 1
  store volatile i32 1, i32* %mine
  ret void
}

; A wait for another warp of the block marks where that may run.
; CHECK-LABEL: define void @other_warp(
; CHECK: load volatile
; CHECK: call void @__npu_yield(i32 1)
; CHECK-NEXT: br i1
@flag = internal addrspace(3) global i32 undef
define void @other_warp() {
entry:
  br label %wait
wait:
  %v = load volatile i32, i32 addrspace(3)* @flag
  %set = icmp ne i32 %v, 0
  br i1 %set, label %go, label %wait
go:
  ret void
}
declare void @llvm.nvvm.barrier0()

!nvvm.annotations = !{!0, !1, !2, !3}
!0 = !{void (i32*, i32*)* @lock, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @maximum, !"kernel", i32 1}
!2 = !{void (i32*)* @previous_block, !"kernel", i32 1}
!3 = !{void ()* @other_warp, !"kernel", i32 1}
