; RUN: npu-opt -pass=inline-ptx %s | FileCheck %s
; Inline assembly becomes plain IR, intrinsics and library calls.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @plain
; CHECK-NOT: asm
; CHECK: call i32 @llvm.nvvm.read.ptx.sreg.laneid()
; CHECK: call i32 @__nv_popc
; CHECK: call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1,
; CHECK: call float @__nv_fadd_rz
; CHECK: ret void
define void @plain(i32 %a, float %x) {
  %lane = call i32 asm "mov.u32 $0, %laneid;", "=r"()
  %bits = call i32 asm "popc.b32 $0, $1;", "=r,r"(i32 %a)
  %other = call i32 asm sideeffect "shfl.sync.bfly.b32 $0, $1, 1, 0x1f, 0xffffffff;", "=r,r"(i32 %bits)
  %sum = call float asm "add.rz.f32 $0, $1, 0f3F800000;", "=f,f"(float %x)
  ret void
}

; A predicate guards with a branch; registers are variables; a tied operand begins with its value.
; CHECK-LABEL: define i32 @guarded
; CHECK: store i32 %a, i32* [[OUT:%[0-9]+]]
; CHECK: icmp slt i32
; CHECK: br i1 %{{.*}}, label %guarded, label
; CHECK: after.asm:
; CHECK: load i32, i32* [[OUT]]
define i32 @guarded(i32 %a) {
  %r = call i32 asm "{ .reg .pred p; setp.lt.s32 p, $0, 3; @!p add.u32 $0, $0, 1; }", "=r,0"(i32 %a)
  ret i32 %r
}

; Two results; a pointer stays one; shared addresses are handles.
; CHECK-LABEL: define void @memory
; CHECK: call i8 addrspace(3)* @__npu_shared_address(i32
; CHECK: load float, float addrspace(3)*
; CHECK: getelementptr i8, i8* %{{.*}}, i64 8
; CHECK: load volatile i64, i64*
; CHECK: call void asm sideeffect "", "~{memory}"()
define void @memory(i32 %shared, i64* %global) {
  %pair = call { float, i64 } asm sideeffect "ld.shared.f32 $0, [$2]; ld.volatile.global.u64 $1, [$3+8];", "=f,=l,r,l,~{memory}"(i32 %shared, i64* %global)
  ret void
}

; Copies are done at once, whichever caches they go through.
; CHECK-LABEL: define void @copies
; CHECK-NOT: asm
; CHECK: call void @__npu_ptx_copy
; CHECK: call void @__npu_ptx_copy
; CHECK: ret void
define void @copies(i32 %shared, i64* %global, i32 %bytes) {
  call void asm sideeffect "cp.async.ca.shared.global [$0], [$1], 4;", "r,l"(i32 %shared, i64* %global)
  call void asm sideeffect "cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;", "r,l,r"(i32 %shared, i64* %global, i32 %bytes)
  ret void
}

; A compiler barrier stays.
; CHECK-LABEL: define void @fence
; CHECK: call void asm sideeffect "", "~{memory}"()
define void @fence() {
  call void asm sideeffect "", "~{memory}"()
  ret void
}
