; RUN: npu-opt -pass=work-items %s | FileCheck %s
; Thread indices, barriers and fences become OpenCL's.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @k
; CHECK: %[[OFFSET:.*]] = call spir_func i64 @_Z17get_global_offsetj(i32 0)
; CHECK: %[[EXCHANGED:.*]] = trunc i64 %[[OFFSET]] to i32
; CHECK: %[[LOCAL:.*]] = call spir_func i64 @_Z12get_local_idj(i32 0)
; CHECK: %[[X:.*]] = trunc i64 %[[LOCAL]] to i32
; CHECK-DAG: %[[WITH2:.*]] = icmp eq i32 %[[EXCHANGED]], 2
; CHECK-DAG: call spir_func i64 @_Z12get_local_idj(i32 2)
; CHECK: %[[OR2:.*]] = select i1 %[[WITH2]], i32 {{.*}}, i32 %[[X]]
; CHECK-DAG: %[[WITH1:.*]] = icmp eq i32 %[[EXCHANGED]], 1
; CHECK-DAG: call spir_func i64 @_Z12get_local_idj(i32 1)
; CHECK: select i1 %[[WITH1]], i32 {{.*}}, i32 %[[OR2]]
; CHECK: %[[ROWS:.*]] = call spir_func i64 @_Z14get_local_sizej(i32 1)
; CHECK: %[[Y:.*]] = trunc i64 %[[ROWS]] to i32
; CHECK: call spir_func i64 @_Z14get_local_sizej(i32 0)
; CHECK: select i1 %{{.*}}, i32 %{{.*}}, i32 %[[Y]]
; CHECK: call spir_func i64 @_Z12get_group_idj(i32 2)
; CHECK: call spir_func i64 @_Z14get_num_groupsj(i32 0)
; CHECK: call spir_func void @_Z7barrierj(i32 3)
; CHECK: fence seq_cst
; CHECK: store volatile i32 32
; CHECK-NOT: call {{.*}}llvm.nvvm
define void @k(i32* %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %n = call i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.z()
  %g = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  call void @llvm.nvvm.barrier0()
  call void @llvm.nvvm.membar.gl()
  %w = call i32 @llvm.nvvm.read.ptx.sreg.warpsize()
  %s1 = add i32 %t, %n
  %s2 = add i32 %b, %g
  %s = add i32 %s1, %s2
  store volatile i32 %s, i32* %out
  store volatile i32 %w, i32* %out
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.z()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.warpsize()
declare void @llvm.nvvm.barrier0()
declare void @llvm.nvvm.membar.gl()
!nvvm.annotations = !{!0}
!0 = !{void (i32*)* @k, !"kernel", i32 1}
