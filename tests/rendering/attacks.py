"""Published server-side template injections, and a process of its own that listens to what they touch.

Payloads are those of the public collections for Jinja2 and of its neighbours (Mako, Tornado, Django, Twig, Freemarker,
Velocity, ERB), since an attacker tries them all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PAYLOADS = (
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('touch /tmp/x').read() }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__.os.popen('id').read() }}",
    "{{ namespace.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ lipsum.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__()[132].__init__.__globals__['popen']('id').read() }}",
    "{{ ''.__class__.mro()[1].__subclasses__()[407]('id', shell=True, stdout=-1).communicate() }}",
    "{{ ().__class__.__bases__[0].__subclasses__()[40]('/etc/passwd').read() }}",
    "{{ ''['__class__']['__base__']['__subclasses__']() }}",
    "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ request|attr('application')|attr('\\x5f\\x5fglobals\\x5f\\x5f') }}",
    "{{ (customer|attr('__init__')).__globals__ }}",
    "{{ customer.__init__.__globals__['sys'].modules['os'].popen('id').read() }}",
    "{{ customer.items.__func__.__globals__ }}",
    "{{ config.__class__.__init__.__globals__['os'].popen('ls').read() }}",
    "{{ config.from_pyfile('/etc/passwd') }}",
    "{{ url_for.__globals__['current_app'].config }}",
    "{{ get_flashed_messages.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "{{ g.pop.__globals__.__builtins__['__import__']('os').popen('id').read() }}",
    "{{ ''|attr('format')('{0.__class__}') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(customer) }}",
    "{{ ['cat /etc/passwd']|filter('system') }}",
    "{{ ['id']|map('system')|join }}",
    "{{ [customer]|map(attribute='__class__.__init__.__globals__')|list }}",
    "{{ dict(__class__=1)|list|first }}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c.__init__.__globals__ }}{% endfor %}",
    "{% for x in customer.__class__.__base__.__subclasses__() %}{{ x()._module.__builtins__ }}{% endfor %}",
    "{% set x = cycler.__init__.__globals__ %}{{ x.os.popen('id').read() }}",
    "{% with a = request['application']['__globals__'] %}{{ a }}{% endwith %}",
    "{% import 'os' as os %}{{ os.system('id') }}",
    "{% from 'os' import system %}{{ system('id') }}",
    "{% include '/etc/passwd' %}",
    "{% include '../brand.yaml' %}",
    "{% extends '/etc/passwd' %}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{{ m() }}",
    "{% call x() %}{% endcall %}",
    "{% do [].append.__self__.__class__ %}",
    "{% raw %}{{ 1 }}{% endraw %}{{ open('/etc/passwd') }}",
    "{{ debug }}",
    "{% debug %}",
    "{{ range.__class__ }}",
    "{{ _context.vars }}",
    "{{ _budget.left }}",
    "{{ _locale.__class__ }}",
    "${__import__('os').system('id')}",
    "<% import os; x = os.popen('id').read() %>${x}",
    "{% raw import os %}{{ os.popen('id').read() }}",
    "{% load log %}{% include 'admin/base.html' %}",
    "{{ _self.env.registerUndefinedFilterCallback('exec') }}{{ _self.env.getFilter('id') }}",
    '<#assign ex="freemarker.template.utility.Execute"?new()>${ ex("id") }',
    "#set($e='e')$e.getClass().forName('java.lang.Runtime')",
    "<%= `id` %>",
    "{{ constructor.constructor('return process')().mainModule.require('child_process').execSync('id') }}",
)
WATCHED = ("open", "os.", "subprocess.", "socket.", "shutil.", "pty.", "ctypes.", "sqlite3.", "urllib.", "import")
FIRST = ("{{ customer.first_name | default('you') }}", "{% if %}", "{{ customer.first_name }}")
"""Sound and broken emails that load whatever is loaded late."""


def main() -> None:
    """Compile and render each payload in subject and body; print what was touched, and what was taken for sound."""
    from rendering.workshop import email, workspace

    from engine.rendering import RenderError, compile_library

    touched: list[str] = []
    listening = False

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if listening and event.startswith(WATCHED) and not _of_yaml(event, arguments):
            touched.append(f"{event} {arguments!r}"[:300])

    sys.addaudithook(listen)
    sound: list[str] = []
    for payload in (*FIRST, *PAYLOADS):
        listening = payload not in FIRST
        body = workspace(mail_md=email(payload))
        subject = workspace(mail_md=email("a", subject=payload.replace("\\", "\\\\").replace('"', '\\"')))
        for files in (body, subject):
            library, problems = compile_library(files)
            if any(problem.severity == "error" for problem in problems):
                continue
            try:
                library.render("mail", "en", library.sample("mail") if listening else {})
                sound.append(payload)
            except RenderError:
                continue
    listening = False
    sys.stdout.write(json.dumps({"touched": touched, "sound": sound}))


def _of_yaml(event: str, arguments: tuple[object, ...]) -> bool:
    """Say whether the YAML library looks for its own plug-ins, as it does for every front matter."""
    return event == "os.scandir" and str(arguments[0]).endswith(str(Path("ruamel") / "yaml"))


if __name__ == "__main__":
    main()
