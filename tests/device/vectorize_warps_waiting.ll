; RUN: not npu-opt -pass=structure-control-flow -pass=vectorize-warps %s 2>&1 | FileCheck %s
; Lanes that wait for one another cannot run in lockstep: with a warp operation there is no other form.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK: error: in 'lock': a kernel with warp operations has a loop in which threads of a warp wait for one another; {{.*}} [npu-warp]
define void @lock(i32* %mutex, i32* %out) {
entry:
  br label %attempt
attempt:
  %pair = cmpxchg i32* %mutex, i32 0, i32 1 monotonic monotonic
  %taken = extractvalue { i32, i1 } %pair, 1
  br i1 %taken, label %critical, label %attempt
critical:
  %v = load volatile i32, i32* %out
  %w = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %v, i32 0, i32 31)
  store volatile i32 %w, i32* %out
  %old = atomicrmw xchg i32* %mutex, i32 0 monotonic
  ret void
}
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)

!nvvm.annotations = !{!0}
!0 = !{void (i32*, i32*)* @lock, !"kernel", i32 1}
