"""German: the pages around the three ways to review, from signing in to the audit, and what can go wrong there."""

WORDS = {
    # Forms of numbers, days and moments
    "form.number": ".,",
    "form.decimal": "localized",  # the browser's own: no pattern has a comma
    "form.day": "DD.MM.YYYY",
    "form.moment": "DD.MM.YYYY HH:mm:ss",
    # Signing in
    "signin.name-title": "Wer prüft?",
    "signin.name-why": (
        "Ihr Name steht bei jeder Ihrer Antworten. Er wird einmal erfragt und in diesem Browser gespeichert."
    ),
    "signin.name": "Ihr Name",
    "signin.start": "Beginnen",
    "signin.no-name": "Bitte einen Namen eingeben: Er unterscheidet Ihre Antworten von denen der anderen.",
    "signin.title": "Anmeldung",
    "signin.why": "Ihre Antworten werden unter Ihrem Namen gespeichert. Er kommt aus der Anmeldung.",
    "signin.sign-in": "Anmelden",
    "signin.signed-out": "Abgemeldet",
    "signin.of-the-proxy": "Auch vom Proxy abmelden",
    "signin.again": "Wieder anmelden",
    "signin.nobody": "Niemand ist angemeldet",
    "signin.nameless": "Der Anmeldedienst nennt keinen Namen.",
    "signin.no-header": (
        "Der Proxy vor dieser Anwendung hat nicht gesagt, wer Sie sind: {header} fehlt oder kommt nicht von einer "
        "Adresse in LABELREVIEW_PROXIES."
    ),
    # Projects, and who may see them
    "project.not-here": "Ein Projekt „{wanted}“ gibt es hier nicht. Dies ist „{name}“.",
    "project.none": "Noch kein Projekt",
    "project.not-in": (
        "Angemeldet als {person}. Bitten Sie die Leitung eines Projekts um eine Einladung unter diesem Namen."
    ),
    "project.what": (
        "Ein Projekt besteht aus einer Datei mit Angaben, einer Datei mit vorhergesagten Wahrscheinlichkeiten und "
        "einem Ordner mit Bildern."
    ),
    "project.make": (
        "Anlegen lässt es sich auf der Seite **Neues Projekt** oder mit "
        "`labelreview init NAME --labels F --predictions F`."
    ),
    "project.no-access": "Kein Zugang",
    "project.founders": "Projekte anlegen können alle, die {setting} nennt, sonst nur die Befehlszeile.",
    "role.reviewer": "Prüfung",
    "role.adjudicator": "Schlichtung",
    "role.owner": "Leitung",
    "role.or": "{first} oder {second}",
    # The overview
    "home.counting": "Wird gezählt",
    "home.items": "Bilder",
    "home.tags": "Schlagwörter",
    "home.suspects": "Verdachtsfälle",
    "home.suspects-means": "Felder (ein Schlagwort an einem Bild), die „confident learning“ für fraglich hält.",
    "home.verdicts": "Beantwortet",
    "home.verdicts-means": "Felder, für die eine Antwort gilt.",
    "home.corrected": "Berichtigt",
    "home.corrected-means": "Antworten, die eine Angabe ändern.",
    "home.filled": "Ergänzt",
    "home.filled-means": "Antworten, wo noch keine Angabe stand.",
    "home.no-suspect": (
        "Kein Feld ist fraglich: Angaben und Vorhersagen sind überall einig. Prüfen lassen sich trotzdem alle Felder, "
        "die fraglichsten zuerst."
    ),
    "home.progress": "Verdachtsfälle beantwortet: {answered} von {suspects}",
    "home.review": "Prüfen, die fraglichsten zuerst",
    "home.by-tag": "Verdachtsfälle nach Schlagwort",
    "home.bars": "Ein Klick auf einen Balken öffnet diese Felder zur Prüfung.",
    "home.cut-short": (
        "Schlagwörter mit Verdachtsfällen: {count}. Gezeigt sind die {most} mit den meisten; alle stehen in der "
        "Tabelle."
    ),
    "home.bar-wrong": "Vielleicht falsch (Schlagwort gesetzt)",
    "home.bar-missing": "Vielleicht fehlend (Schlagwort nicht gesetzt)",
    "home.all-tags": "Alle Schlagwörter",
    "home.rows": "Eine Zeile wählen, um die Verdachtsfälle dieses Schlagworts zu prüfen.",
    "home.labelled": "Gesetzt",
    "home.unsure": "Unsicher",
    "home.unknown": "Ohne Angabe",
    # What stands above the three ways to review
    "queue.no-tag": "Das Schlagwort „{tag}“ gibt es in diesem Projekt nicht. Gezeigt werden alle Schlagwörter.",
    "queue.and-more": "{names} und {n} weitere",
    "shown.no-images": "Dieses Projekt hat keine Bilder.",
    "shown.no-picture": "Kein Bild zu dieser Kennung in {folder}.",
    # Disputes
    "disputes.none": (
        "Nichts zu schlichten: Kein Feld wurde verschieden beantwortet. Damit mehrere dieselben Felder beantworten, in "
        "der Befehlszeile: labelreview team '{project}' --answers 2"
    ),
    # Audit
    "audit.what": (
        "Jede Antwort, Rücknahme und Vormerkung: von wem, wann, und was dabei zu sehen war. Ändern lässt sich hier "
        "nichts."
    ),
    "audit.part": "Teil der Kennung",
    "audit.person": "Person",
    "audit.everybody": "Alle",
    "audit.day": "Am Tag (UTC)",
    "audit.none": "Kein Eintrag passt. Jede Antwort, Rücknahme und Vormerkung bleibt erhalten: Filter weiter fassen.",
    "audit.event": "1 Eintrag.",
    "audit.events": "{n} Einträge, neueste zuerst.",
    "audit.more": "Es sind die neuesten {n}: Die CSV-Datei hat alle, oder Filter enger fassen.",
    "audit.csv": "Diese als CSV herunterladen",
    "audit.whole": "Das ganze Protokoll",
    "audit.log": "Ganzes Protokoll herunterladen",
    "audit.check": "Ist das Protokoll unverändert?",
    "audit.intact-one": "1 Eintrag, so wie er gespeichert wurde.",
    "audit.intact": "{n} Einträge, jeder so, wie er gespeichert wurde.",
    "audit.head": "Prüfsumme, anderswo aufzubewahren: {head}",
    "audit.problems": "Probleme: {n}. Eine Sicherung einspielen und klären, wer Zugriff hatte.",
    "audit.when": "Wann",
    "audit.reviewer": "Person",
    "audit.item": "Bild",
    "audit.says": "Antwort",
    "audit.shown": "Zu sehen war",
    "audit.seconds": "Sekunden",
    "audit.asked-by": "Gefragt von",
    "audit.note": "Notiz",
    "audit.uid": "Eintrag",
    "audit.takes-back": "Nimmt zurück",
    "audit.took-back": "nahm eine Antwort zurück",
    "audit.seen": "angegeben {given}, Modell {prob}\u00a0%",
    "audit.seen-alone": "angegeben {given}, ohne Vorhersage",
    # Errors, as those say them that raise them
    "error.outside": "{person} gehört nicht zu diesem Projekt. Fragen Sie die Leitung: {owners}.",
    "error.role": (
        "Dies braucht die Rolle {needed}; {person} hat hier die Rolle {role}. Fragen Sie die Leitung: {owners}."
    ),
    "error.name-length": "Ein Name hat 1 bis {most} Zeichen auf einer Zeile.",
    "error.name-taken": "„{name}“ gibt es schon, und Links können darauf führen. Bitte einen anderen Namen wählen.",
}
