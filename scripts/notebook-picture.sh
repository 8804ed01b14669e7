#!/usr/bin/env bash
# Draws docs/notebook.png anew: a notebook with a plan and a report, as people see it. Installs nbconvert and the wheel that
# fleetflow-py/test.sh built into target/python; needs a chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$PWD/target/python"
browser="$(command -v chromium || command -v chromium-browser || command -v google-chrome)" || {
    echo "there is no chromium" >&2
    exit 3
}
[ -x "$folder/notebook/bin/jupyter" ] || {
    python3 -m venv "$folder/notebook"
    "$folder/notebook/bin/pip" install --quiet --disable-pip-version-check nbconvert ipykernel
}
"$folder/notebook/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$folder"/wheels/fleetflow-*.whl

cat >"$folder/notebook.ipynb" <<'NOTEBOOK'
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "cells": [
  {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source":
   "from fleetflow import Disk, Dns, Plan, Sandbox, Scale, Server\n\nstack = Sandbox().stack(\"shop\")\nweb = stack.add(Server(\"web\", plan=Plan(core=4, memory=4), disk=Disk(size=100, os=\"ubuntu-24.04\")))\nstack.add(Scale(\"web\", min=2, max=5, cpu_threshold=80))\nstack.add(Dns(\"creo-memories.com\")).record(\"www\", type=\"A\", value=web.ip, proxied=True)\nstack.plan()"},
  {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null, "source": "report = stack.converge()\nweb[\"plan\"] = Plan(core=8, memory=16)\nstack.plan()"},
  {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": null, "source": "stack.status()"}
 ]}
NOTEBOOK
"$folder/notebook/bin/jupyter" nbconvert --to html --execute --log-level WARN "$folder/notebook.ipynb"
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,900 \
    --screenshot="$PWD/docs/notebook.png" "file://$folder/notebook.html" 2>/dev/null
ls -l docs/notebook.png
