"""What can be wrong with an email, its parts, layouts, words, brand and samples."""

from __future__ import annotations

from engine.codes import lints, table

ERRORS = table(
    (
        ("T101", "there is no head", "Start the file with a line `---`, the head in YAML, and a second line `---`."),
        ("T102", "the head is not closed", "End the head with a line `---`."),
        ("T103", "`{key}` is no key of {what}", "The keys of each kind of file stand above."),
        ("T104", "`{key}` is missing in {what}", "Add it: nothing can be sent without it."),
        ("T105", "`{key}` must be {what}", "Correct the value."),
        ("T106", "`{name}` cannot be the name of {what}", "Use lower-case letters, digits, `-` and `_`."),
        ("T107", "`{path}` is missing", "Every workspace has one brand and at least one layout."),
        ("T108", "`{language}` is no language", "Write a tag such as `sv`, `en-GB` or `pt-BR`."),
        (
            "T109",
            "`{what}` has no email in the brand's language",
            "A variant is a translation of an email: add that email.",
        ),
        (
            "T110",
            "the character U+{number} cannot stand in a text",
            "Delete it; it often comes from copying out of another program.",
        ),
        ("T201", "this is not Jinja: {what}", "Close what is open and write it as in the examples."),
        ("T202", "`{what}` is not used in emails", "Only `if`, `elif`, `else`, `for`, printing and filters are there."),
        ("T203", "`{what}` eats the blank lines around it", "Write it without the sign `-` or `+`."),
        ("T204", "`{what}` is never ended", "End `if` with `endif` and `for` with `endfor`."),
        ("T205", "`{what}` ends nothing here", "Each end needs its beginning, in the same file."),
        (
            "T206",
            "`{what}` and its `{first}` stand in different elements",
            "Begin and end a statement in the same element.",
        ),
        ("T207", "loops are nested more than {most} deep", "Flatten them: the mail would grow without bound."),
        ("T208", "this could grow without bound: {what}", "Write the text itself."),
        ("T301", "there is no part `{name}`", "The parts are the files in `templates/parts/`."),
        ("T302", "the part `{name}` has no parameter `{argument}`", "Its parameters stand in its head."),
        ("T303", "the part `{name}` needs `{argument}`", "Write it, or give the parameter a default."),
        ("T304", "`{argument}` must be {what}", "Correct the argument."),
        ("T305", "the part `{name}` is never closed", "Close its body with a line `:::`."),
        ("T306", "this `:::` closes nothing", "Delete it, or open a part with a body before it."),
        ("T307", "the part `{name}` cannot stand {where}", "Move it to where it can stand."),
        (
            "T308",
            "this is no argument: `{text}`",
            'Write `name=word`, `name="text"`, `name={{ … }}` or `[label](url)`.',
        ),
        ("T309", "the part `{name}` {what}", "Compare the part's head with what its MJML does."),
        ("T310", "there is no layout `{name}`", "The layouts are the files in `templates/layouts/`."),
        ("T311", "a layout writes `{{{{ {name} }}}}` {what}", "Put it once, alone in an `mj-column`."),
        ("T312", "there is no word `{name}`", "The words stand in `templates/words/`."),
        (
            "T313",
            "`{name}` is not known beforehand, and {where} cannot change per customer",
            "Use what is known beforehand.",
        ),
        ("T314", "`{argument}` is given twice", "Keep one."),
        ("T401", "there is no variable `{name}`", "The variables stand below."),
        ("T402", "there is no filter `{name}`", "The filters stand below."),
        ("T403", "there is no test `{name}`", "The tests are `defined`, `undefined`, `even` and `odd`."),
        ("T404", "the filter `{name}` takes {takes}, not {given}", "The table of filters says what each takes."),
        ("T405", "the filter `{name}` is called wrongly: {what}", "The table of filters shows how."),
        ("T406", "`{name}` is {kind} and is printed as it is stored", "Print it through a filter such as `{filter}`."),
        ("T407", "`{name}` may be missing", "Give it a `default(…)`, or put `{{% if … %}}` around it."),
        ("T408", "`{operator}` does not work on {kind}", "Compare and count only what can be compared and counted."),
        ("T409", "this address is not a fact of type url", "Write `{{ brand.url }}/…`, or use a fact of type url."),
        ("T410", "the brand has no `{name}`", "Add it to `templates/brand.yaml`."),
        ("T412", "`{name}` may be 0, and something is divided by it", "Put `{{% if … %}}` around the division."),
        ("T411", "`{name}` cannot be repeated", "Only lists can be repeated."),
        ("T501", "there is no MJML element `{name}`", "The elements are those of MJML 4."),
        ("T502", "`{element}` has no attribute `{name}`", "The attributes are those of MJML 4."),
        ("T503", "`{name}` cannot stand in `{parent}`", "Follow MJML: sections hold columns, columns hold content."),
        ("T504", "`{name}` is never closed", "Close it, or write `<{name} … />`."),
        ("T505", "`</{name}>` closes nothing here", "Close elements in the order they were opened."),
        ("T506", "this is not MJML: {what}", "Compare it with a part that works."),
        (
            "T507",
            "a value that changes per customer is lost here",
            "Move it into text, `alt`, `href` or a plain HTML table.",
        ),
        ("T508", "text stands directly in `{parent}`", "Put it in `mj-text`."),
        (
            "T509",
            "a statement cannot stand in `{parent}`",
            "Put it around elements of `mj-body`, `mj-column` or `mj-hero`.",
        ),
        ("T601", "an image has no `{attribute}`", "Readers without pictures need `alt`; Outlook needs a width."),
        (
            "T602",
            "`](` is left in the mail: a link was not understood",
            "Write `[label](address)`, without a blank between.",
        ),
        ("T603", "the HTML part is {size} KB; Gmail cuts at 102 KB", "Shorten the mail, or send less of a list."),
        ("T604", "a style block is {size} KB; Gmail drops it above 8 KB", "Split the block, or shorten it."),
        (
            "T605",
            "there is no unsubscribe link, and {rule} writes on a marketing topic",
            "Print `{{ links.unsubscribe }}`.",
        ),
        (
            "T606",
            "the postal address is missing, and {rule} writes on a marketing topic",
            "Print `{{ brand.address }}`.",
        ),
        ("T607", "it cannot be rendered {when}: {what}", "Correct it; it would fail at send time."),
        ("T608", "the subject is empty {when}", "Give it words that are always there."),
        ("T609", "there is no template `{name}`, which {rule} sends", "Add the file, or correct the rule."),
        (
            "T901",
            "it takes more than {seconds} seconds of computing",
            "Take out what repeats or nests without end; nothing that large is a mail.",
        ),
        ("T902", "it takes more than {size} MB of memory", "Take out what makes it grow."),
        ("T903", "it makes a mail of more than {size} MB", "Shorten it; Gmail cuts at 102 KB."),
        (
            "T904",
            "it cannot be understood: it breaks what compiles it ({how})",
            "Take out what was added last, and tell the makers of the engine.",
        ),
        ("T701", "there is no sample `{name}`", "The samples stand in `templates/samples.yaml`."),
        ("T702", "the sample's `{name}` must be {what}", "Correct the value."),
    )
)
LINTS = lints(
    (
        (
            "T801",
            "the word `{name}` is missing in {language}; {default} is used",
            "Translate it.",
            "`greeting` stands in `words/en.yaml` and not in `words/sv.yaml`",
        ),
        ("T802", "no rule sends this email", "Send it from a rule, or delete it.", "`templates/old-offer.md`"),
        (
            "T803",
            "the {language} variant {what}",
            "Give all languages the same parts and facts.",
            "`welcome.md` has a button, `welcome.sv.md` has none",
        ),
        (
            "T804",
            "there is no `preheader`; inboxes will show the first words of the mail",
            "Add one line.",
            "a head with `subject` alone",
        ),
        (
            "T805",
            "the layout does not print `{{{{ preheader }}}}`",
            "Put it in `mj-preview`.",
            "a layout without `mj-preview`",
        ),
        (
            "T806",
            "`{tag}` is printed as it stands, since HTML has no meaning in Markdown here",
            "Write it in Markdown, or call a part.",
            "`<b>now</b>` instead of `**now**`",
        ),
    )
)
CODES = ERRORS | LINTS
