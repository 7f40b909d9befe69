; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi %s | FileCheck %s
; Kernels that pass once over rows of memory run strips of blocks: for each warp of a block, the
; blocks of the strip.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; Warps of one row go before those of the next.
; CHECK-LABEL: define spir_kernel void @rows.rows(
; CHECK: %[[WARPS:.*]] = lshr i32 %{{.*}}, 5
; CHECK: row:
; CHECK: column:
; CHECK: warp:
; CHECK: store <32 x i32>

; A warp is two rows. Behind the block's extents: blocks in a strip, columns of the grid.
; CHECK-LABEL: define spir_kernel void @rows.rows16(
; CHECK-DAG: getelementptr inbounds i8, i8* %{{.*}}, i32 20
; CHECK-DAG: getelementptr inbounds i8, i8* %{{.*}}, i32 24
; CHECK: call spir_func i64 @_Z12get_group_idj(i32 0)
; CHECK: call i32 @llvm.umin.i32
; CHECK: row:
; CHECK: phi i32 [ 0,
; CHECK: column:
; CHECK-NOT: get_num_groups
; CHECK: store <16 x i32>
; CHECK: br i1 %{{.*}}, label %columns.end, label %column, !llvm.loop
; CHECK: br i1 %{{.*}}, label %rows.end, label %row, !llvm.loop
; CHECK: ret void
define void @rows(i32* %p) {
  %bx = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %by = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
  %nx = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %ny = call i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
  %tx = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %ty = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %columns = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %left = mul i32 %bx, %nx
  %x = add i32 %left, %tx
  %top = mul i32 %by, %ny
  %y = add i32 %top, %ty
  %row = mul i32 %y, 100
  %i = add i32 %row, %x
  %at = getelementptr i32, i32* %p, i32 %i
  store i32 %columns, i32* %at
  ret void
}
; Rows that repeat, that lie in the block's own memory, or are written by chance stay blocks.
; CHECK-LABEL: define spir_kernel void @repeats.rows16(
; CHECK-NOT: column:
; CHECK: warps.end:
define void @repeats(i32* %p, i32 %n) {
entry:
  %bx = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %by = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
  %tx = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %ty = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %left = mul i32 %bx, 16
  %x = add i32 %left, %tx
  %y = add i32 %by, %ty
  %row = mul i32 %y, 100
  %first = add i32 %row, %x
  br label %loop
loop:
  %i = phi i32 [ %first, %entry ], [ %next, %loop ]
  %at = getelementptr i32, i32* %p, i32 %i
  store i32 %x, i32* %at
  %next = add i32 %i, 1000
  %more = icmp slt i32 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret void
}
; CHECK-LABEL: define spir_kernel void @adds.rows16(
; CHECK-NOT: column:
; CHECK: warps.end:
define void @adds(i32* %p) {
  %bx = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %by = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
  %tx = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %ty = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %x = add i32 %bx, %tx
  %y = add i32 %by, %ty
  %at = getelementptr i32, i32* %p, i32 %x
  %old = atomicrmw add i32* %at, i32 %y monotonic
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i32*)* @rows, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @repeats, !"kernel", i32 1}
!2 = !{void (i32*)* @adds, !"kernel", i32 1}
