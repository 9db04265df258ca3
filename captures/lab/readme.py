"""Writes the table of samples into captures/README.md."""

from pathlib import Path

import pcapng
from scenarios import SAMPLES

START, END = "<!-- samples: written by lab/record -->\n", "<!-- end of samples -->\n"


def table(captures: Path) -> str:
    rows = ["| Sample | What happens | Story | Frames | Bytes | Facts |", "|---|---|---|---:|---:|---|"]
    for sample in SAMPLES.values():
        file = captures / f"{sample.name}.pcapng"
        if file.exists():
            frames, size = pcapng.count(file), file.stat().st_size
            rows.append(f"| [`{sample.name}`]({file.name}) | `{sample.command}`: {sample.happens} "
                        f"| `{sample.story}` | {frames} | {size} | {sample.facts} |")
    return "\n".join(rows) + "\n"


def update(captures: Path) -> None:
    """Brings the table up to date, if there is a README with a place for it."""
    readme = captures / "README.md"
    if not readme.exists():
        return
    before, _, rest = readme.read_text().partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(before + START + table(captures) + END + after)
