"""Make the promptfoo results of this folder: ``python make_promptfoo.py path/to/promptfoo``.

The providers are *echo* and ``breaking.js`` beside this file: nothing is fetched.
Written with promptfoo 0.121.20.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
UNREAD = ("tokenUsage", "metadata", "promptId")


def main(program: str) -> None:
    with TemporaryDirectory() as folder:
        made = Path(folder) / "made.json"
        quiet = {"PROMPTFOO_CONFIG_DIR": folder, "PROMPTFOO_DISABLE_TELEMETRY": "1",
                 "PROMPTFOO_DISABLE_UPDATE": "1"}  # fmt: skip
        subprocess.run(
            [program, "eval", "-c", HERE / "promptfoo.yaml", "--no-cache", "--no-table",
             "--repeat", "2", "-o", made],
            env=os.environ | quiet,
        )  # fmt: skip
        document = json.loads(made.read_text(encoding="utf-8"))
    document["config"] = {"description": document["config"]["description"]}
    for part in ("metadata", "runtimeOptions", "vars"):
        document.pop(part, None)
    for prompt in document["results"]["prompts"]:
        prompt.pop("metrics", None)
    for result in document["results"]["results"]:
        for part in UNREAD:
            result.pop(part, None)
        result["testCase"].pop("options", None)
        result["prompt"].pop("config", None)
        reason = (result.get("gradingResult") or {}).get("componentResults") or []
        for part in [result, result.get("gradingResult") or {}, *reason]:
            part.pop("tokensUsed", None)
            for text in ("error", "reason"):
                if part.get(text):
                    part[text] = part[text].split("\nStack Trace", 1)[0]
    path = HERE / "promptfoo.json"
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
