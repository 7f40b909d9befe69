#!/usr/bin/env python3
"""Prints a report that NPU_REPORT wrote as a table.  usage: show_report.py <report.json>"""
import json
import sys


def si(value):
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} "


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    row = "{:<7} {:<14} {:<8} {:<7} {:>9} {:>7} {:>10} {:>9} {:>6} {:>10}"
    print(row.format("op", "shape", "format", "device", "cycles", "stalls", "DRAM bytes", "MACs",
                     "array", "energy"))

    def show(op, shape, form, device, entry):
        print(row.format(
            op, shape, form, device, entry["cycles"], entry["stall_cycles"],
            si(entry["dram_read_bytes"] + entry["dram_write_bytes"]), si(entry["macs"]),
            f"{100 * entry['utilization']:.1f}%", f"{entry['energy_pj'] / 1e6:.1f} uJ"))

    for op in report["ops"]:
        show(op["op"], op["shape"], op["format"], op["device"], op)
    show("total", "", "", "", report["total"])
    npu = report["config"]
    array = npu["array"]
    print(f"\nThe NPU '{npu['name']}': {array['rows']} x {array['columns']} {array['dataflow']}, "
          f"{npu['clock_mhz']:.0f} MHz, {npu['scratchpad']['kib']} KiB scratchpad, "
          f"{npu['dram']['gb_per_s']:.0f} GB/s.")
    print("Cycles, traffic and energy come from a model of this NPU, not from a measurement.")


if __name__ == "__main__":
    main()
