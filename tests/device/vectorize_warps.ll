; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Lanes become vector elements, divergent conditions masks. A kernel has a variant for blocks whose rows
; are whole warps: there neighbouring lanes' accesses are contiguous.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; Blocks of any shape: a guarded access is a gather in which lanes that are off go nowhere.
; CHECK-LABEL: define void @guarded(
; CHECK: %launched = icmp ult <32 x i32>
; CHECK: and <32 x i1>
; CHECK: call <32 x float> @llvm.masked.gather
; CHECK: call void @llvm.masked.scatter
define void @guarded(float* %p, i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %in = icmp slt i32 %t, %n
  br i1 %in, label %then, label %done
then:
  %index = zext i32 %t to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %w = fadd float %v, 1.0
  store float %w, float* %at
  br label %done
done:
  ret void
}

; A loop that lanes leave at different times runs until none is left; values are kept per lane.
; CHECK-LABEL: define void @trip_counts(
; CHECK: phi <32 x i1>
; CHECK: select <32 x i1>
; CHECK: bitcast <32 x i1> %{{.*}} to i32
; CHECK: icmp eq i32 %{{.*}}, 0
define void @trip_counts(i32* %p) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  %start = load i32, i32* %at
  br label %loop
loop:
  %x = phi i32 [ %start, %entry ], [ %half, %loop ]
  %half = lshr i32 %x, 1
  %more = icmp ugt i32 %half, 3
  br i1 %more, label %loop, label %done
done:
  store i32 %half, i32* %at
  ret void
}

; Constant shuffles are vector shuffles, votes are bits of the mask.
; CHECK-LABEL: define void @warp_operations(
; CHECK: shufflevector <32 x i32> %{{.*}}, <32 x i32> poison, <32 x i32> <i32 1, i32 0, i32 3, i32 2,
; CHECK: bitcast <32 x i1> %{{.*}} to i32
; CHECK-NOT: llvm.nvvm.shfl
; CHECK-NOT: llvm.nvvm.vote
define void @warp_operations(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  %v = load i32, i32* %at
  %s = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %v, i32 1, i32 31)
  %odd = trunc i32 %s to i1
  %b = call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 %odd)
  %r = add i32 %s, %b
  store i32 %r, i32* %at
  ret void
}

; The division of a lane that is off must not trap.
; CHECK-LABEL: define void @division(
; CHECK: icmp eq <32 x i32> %[[DIVISOR:.*]], zeroinitializer
; CHECK: select <32 x i1> %{{.*}}, <32 x i32> <i32 1, {{.*}}>, <32 x i32> %[[DIVISOR]]
; CHECK: sdiv <32 x i32>
define void @division(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  %v = load i32, i32* %at
  %q = sdiv i32 100, %v
  store i32 %q, i32* %at
  ret void
}

; Whole rows: the mask is full at the start, accesses are vector loads and stores.
; CHECK-LABEL: define void @whole.rows(
; CHECK: load <32 x float>, <32 x float>*
; CHECK: store <32 x float>
; CHECK-NOT: gather
; A line of threads: its last warp may be partly empty.
; CHECK-LABEL: define void @whole.line(
; CHECK: masked.load
; CHECK: masked.store
define void @whole(float* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %index = sext i32 %t to i64
  %scaled = shl nsw i64 %index, 0
  %at = getelementptr float, float* %p, i64 %scaled
  %v = load float, float* %at
  %sum = fadd float %v, 1.0
  store float %sum, float* %at
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.vote.ballot.sync(i32, i1)
!nvvm.annotations = !{!0, !1, !2, !3, !4}
!0 = !{void (float*, i32)* @guarded, !"kernel", i32 1}
!1 = !{void (i32*)* @trip_counts, !"kernel", i32 1}
!2 = !{void (i32*)* @warp_operations, !"kernel", i32 1}
!3 = !{void (i32*)* @division, !"kernel", i32 1}
!4 = !{void (float*)* @whole, !"kernel", i32 1}
