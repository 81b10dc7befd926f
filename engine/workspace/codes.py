"""What can be wrong with a workspace's settings and with its files as files."""

from __future__ import annotations

from engine.codes import lints, table

_CODES = table(
    (
        ("S101", "there is no setting `{name}`", "docs/settings.md lists every setting."),
        ("S102", "`{name}` {fault}", "docs/settings.md says what each setting takes."),
        ("S103", "settings are lines of `name: value`", "Write one setting a line."),
        (
            "S104",
            "`{name}` does not belong into this file",
            "Put it into `.env` or the environment: this file is committed.",
        ),
        ("F101", "this is not text in UTF-8 (byte {byte})", "Save the file again with the encoding UTF-8."),
        ("F102", "this file has {size} KB; {most} KB is the most", "Split the file, or take out what does not belong."),
        ("F103", "this cannot be read: {reason}", "Correct the permissions of the file or folder."),
        ("F104", "this is a link to a place outside of the workspace", "Copy the file into the workspace."),
        ("F106", "there are more than {most} files", "Keep only rules and templates in these folders."),
    )
)

_LINTS = lints(
    (
        (
            "F105",
            "this is not read: rules and templates are .yaml, .md and .mjml files",
            "Rename or move the file.",
            "`rules/we-miss-you.txt`",
        ),
    )
)
WORKSPACE_CODES = _CODES | _LINTS
