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

; Each lane makes its number of attempts, whatever they give: no lane waits.
; CHECK-NOT: error: in 'attempts'
define void @attempts(i32* %mutex, i32* %out) {
entry:
  %lane = call i32 @llvm.nvvm.read.ptx.sreg.laneid()
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %sum = phi i32 [ 0, %entry ], [ %more, %loop ]
  %old = atomicrmw xchg i32* %mutex, i32 1 monotonic
  %more = add i32 %sum, %old
  %next = add i32 %i, 1
  %again = icmp ult i32 %next, %lane
  br i1 %again, label %loop, label %done
done:
  %w = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %more, i32 0, i32 31)
  store i32 %w, i32* %out
  ret void
}
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.read.ptx.sreg.laneid()

!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*, i32*)* @lock, !"kernel", i32 1}
!1 = !{void (i32*, i32*)* @attempts, !"kernel", i32 1}
