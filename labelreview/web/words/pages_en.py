"""English: the pages around the three ways to review, from signing in to the audit, and what can go wrong there."""

WORDS = {
    # Forms: of numbers what stands between thousands and before decimals; of days and moments
    "form.number": ",.",
    "form.decimal": "plain",
    "form.day": "YYYY/MM/DD",
    "form.moment": "YYYY-MM-DD HH:mm:ss",
    # Signing in
    "signin.name-title": "Who is reviewing?",
    "signin.name-why": "Your name goes with every answer you give. It is asked once and kept in this browser.",
    "signin.name": "Your name",
    "signin.start": "Start",
    "signin.no-name": "Enter a name, so that your answers can be told apart from others'.",
    "signin.title": "Sign in",
    "signin.why": "Your answers are kept with your name, which your sign-in tells.",
    "signin.sign-in": "Sign in",
    "signin.signed-out": "Signed out",
    "signin.of-the-proxy": "Sign out of the proxy as well",
    "signin.again": "Sign in again",
    "signin.nobody": "Nobody is signed in",
    "signin.nameless": "The provider names nobody.",
    "signin.no-header": (
        "The proxy in front of this app has not said who you are: {header} is not set, or does not come from an "
        "address in LABELREVIEW_PROXIES."
    ),
    # Projects, and who may see them
    "project.not-here": "There is no project “{wanted}” here. This is “{name}”.",
    "project.none": "No project yet",
    "project.not-in": "You are signed in as {person}. Ask the owner of a project to invite you by that name.",
    "project.what": "A project is a file of labels, a file of predicted probabilities and a folder of images.",
    "project.make": (
        "Make one on the page **New project**, or with `labelreview init NAME --labels F --predictions F`."
    ),
    "project.no-access": "No access",
    "project.founders": "Projects are made by the people whom {setting} names, or from the command line.",
    "role.reviewer": "reviewer",
    "role.adjudicator": "adjudicator",
    "role.owner": "owner",
    "role.or": "{first} or {second}",
    # The overview
    "home.counting": "Counting",
    "home.items": "Items",
    "home.tags": "Tags",
    "home.suspects": "Suspects",
    "home.suspects-means": "Cells (one tag of one item) that confident learning flags.",
    "home.verdicts": "Verdicts",
    "home.verdicts-means": "Cells with a standing verdict.",
    "home.corrected": "Corrected",
    "home.corrected-means": "Verdicts that change the given label.",
    "home.filled": "Filled",
    "home.filled-means": "Verdicts on labels that were left empty.",
    "home.no-suspect": (
        "No cell is suspect: labels and predictions agree. You can still review every cell, worst first."
    ),
    "home.progress": "{answered} of {suspects} suspects answered",
    "home.review": "Review, most suspicious first",
    "home.by-tag": "Suspects by tag",
    "home.bars": "Click a bar to review those cells.",
    "home.cut-short": "Of {count} tags with suspects, the {most} with the most; all are in the table.",
    "home.bar-wrong": "Maybe wrong (tag is there)",
    "home.bar-missing": "Maybe missing (tag is not there)",
    "home.all-tags": "All tags",
    "home.rows": "Select a row to review the suspects of its tag.",
    "home.labelled": "Labelled",
    "home.unsure": "Unsure",
    "home.unknown": "Unknown",
    # What stands above the three ways to review
    "queue.no-tag": "There is no tag “{tag}” in this project: every tag is shown.",
    "queue.and-more": "{names} and {n} more",
    "shown.no-images": "This project has no images.",
    "shown.no-picture": "No picture for this id in {folder}.",
    # Disputes
    "disputes.none": (
        "No dispute: nobody has answered a cell otherwise than somebody else. To have cells answered by several "
        "reviewers, set it from the command line: labelreview team '{project}' --answers 2"
    ),
    # Audit
    "audit.what": (
        "Every answer, undo and flag, who gave it, when, and what they had been shown. Nothing here can be changed."
    ),
    "audit.part": "Part of an item's id",
    "audit.person": "Person",
    "audit.everybody": "Everybody",
    "audit.day": "On the day (UTC)",
    "audit.none": "No event fits. Every answer, undo and flag is kept: widen the filters.",
    "audit.event": "1 event.",
    "audit.events": "{n} events, newest first.",
    "audit.more": "The newest {n} of them: the CSV has all, or narrow the filters.",
    "audit.csv": "Download these as CSV",
    "audit.whole": "The whole log",
    "audit.log": "Download the whole log",
    "audit.check": "Is the log as it was stored?",
    "audit.intact-one": "1 event, each as it was stored.",
    "audit.intact": "{n} events, each as it was stored.",
    "audit.head": "Head, to be kept elsewhere: {head}",
    "audit.problems": "{n} problems. Restore a backup, and ask who had access.",
    "audit.when": "When",
    "audit.reviewer": "Reviewer",
    "audit.item": "Item",
    "audit.says": "Says",
    "audit.shown": "Was shown",
    "audit.seconds": "Seconds",
    "audit.asked-by": "Asked by",
    "audit.note": "Note",
    "audit.uid": "Event",
    "audit.takes-back": "Takes back",
    "audit.took-back": "took back an answer",
    "audit.seen": "labelled {given}, model {prob} %",
    "audit.seen-alone": "labelled {given}, no prediction",
    # Errors, as those say them that raise them
    "error.outside": "{person} is not among the people of this project. Ask an owner: {owners}.",
    "error.role": "This needs the role {needed}; {person} is {role} here. Ask an owner: {owners}.",
    "error.name-length": "A name has 1 to {most} characters on one line.",
    "error.name-taken": "There is '{name}' already, and links may lead to it. Choose another name.",
}
