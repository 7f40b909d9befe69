; RUN: not npu-opt -pass=inline-ptx %s 2>&1 | FileCheck %s
; What is not known is an error that names it and its place.
target triple = "nvptx64-nvidia-cuda"

; CHECK: kernels.cu:12:7: error: in 'k': inline PTX: the instruction 'tcgen05' is not supported in 'tcgen05.alloc'; write it in C++ [npu-inline-asm]
; CHECK: inline PTX: the register '%envreg3' is unknown in 'mov.u32'
; CHECK: inline PTX: the suffix '.wrong' is not supported in 'add.wrong.u32'
; CHECK: inline PTX: 't' is neither a register nor a number in 'mov.u32'
; CHECK: inline PTX: the directive '.shared'
; CHECK: inline PTX: a '{' without its '}'
; CHECK: inline PTX: the label 'NOWHERE' is not defined in this statement in 'bra'
; CHECK: inline PTX: the number of operands in 'add.u32'
; CHECK: inline PTX: the operand '%7' does not exist in 'mov.u32'
; CHECK: inline PTX: '%1' cannot be written in 'mov.u32'
; CHECK: inline PTX: a bulk copy in 'cp.async.bulk.wait_group'
; CHECK-NOT: error
define void @k(i32 %a) !dbg !5 {
  call void asm sideeffect "tcgen05.alloc [$0], 32;", "r"(i32 %a), !dbg !8
  %b = call i32 asm "mov.u32 $0, %envreg3;", "=r"()
  %c = call i32 asm "add.wrong.u32 $0, $1, $1;", "=r,r"(i32 %a)
  %d = call i32 asm "mov.u32 $0, t;", "=r"()
  call void asm sideeffect ".shared .b32 x;", ""()
  call void asm sideeffect "{ nop;", ""()
  call void asm sideeffect "bra NOWHERE;", ""()
  %e = call i32 asm "add.u32 $0, $1;", "=r,r"(i32 %a)
  %f = call i32 asm "mov.u32 $0, $7;", "=r,r"(i32 %a)
  %g = call i32 asm "mov.u32 $1, $0;", "=r,r"(i32 %a)
  call void asm sideeffect "cp.async.bulk.wait_group 0;", ""()
  ret void
}
!nvvm.annotations = !{!0}
!llvm.dbg.cu = !{!1}
!llvm.module.flags = !{!3}
!0 = !{void (i32)* @k, !"kernel", i32 1}
!1 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus, file: !2, emissionKind: LineTablesOnly)
!2 = !DIFile(filename: "kernels.cu", directory: "/")
!3 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "k", scope: !2, file: !2, line: 10, type: !6, unit: !1, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{}
!8 = !DILocation(line: 12, column: 7, scope: !5)
