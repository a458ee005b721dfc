"""What a person should weigh in the book's words: `python tests/report_words.py`. Not a test.

Reading ease is Flesch's: 206.835 - 1.015 words a sentence - 84.6 syllables a word; 100 reads like
a children's book, 60 like plain English, 30 like a paper. Syllables are groups of vowels.
"""

import re

import prose

FILLERS = re.compile(
    r"\b(simply|just|obviously|clearly|actually|basically|very|really|quite|powerful|crucial|easy"
    r"|easily|of course|note that|in order to|let's|dive|as can be seen|it is important)\b",
    re.I,
)
LONG = 28  # words


def sentences(text):
    for paragraph in re.split(r"\n\s*\n|\n(?=\n)", text):
        for sentence in re.split(r"(?<=[.!?])[\"”)]?\s+(?=[A-Z\"“])", " ".join(paragraph.split())):
            if len(sentence.split()) > 1:
                yield sentence


def reading_ease(text):
    found = list(sentences(text))
    words = re.findall(r"[A-Za-z'’-]+", " ".join(found))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+(?!\b)|[aiouy]\b", w, re.I))) for w in words)
    return 206.835 - 1.015 * len(words) / len(found) - 84.6 * syllables / len(words)


def glossary():
    """`(term, number of the chapter that introduces it)` for each heading of the glossary."""
    text = (prose.ROOT / "back" / "glossary.md").read_text(encoding="utf8")
    for term, entry in re.findall(r"^## (.+)\n([^#]*(?:\n(?!## ).*)*)", text, re.M):
        chapter = re.search(r"chapters/(\d\d)", entry)
        if chapter:
            yield term, int(chapter[1])


def early(pages):
    """Each use of a term in a chapter before the one that the glossary names."""
    for term, home in glossary():
        for page, text in pages.items():
            number = re.match(r"chapters/(\d\d)", page)
            if number and int(number[1]) < home:
                hits = len(re.findall(rf"\b{re.escape(term)}s?\b", text, re.I))
                if hits:
                    yield f"{page}: “{term}”, {hits} times, before chapter {home}"


def main():
    pages = prose.pages()
    for page, text in pages.items():
        print(f"\n{page}: reading ease {reading_ease(text):.0f}")
        for sentence in sorted(sentences(text), key=lambda s: -len(s.split())):
            if len(sentence.split()) > LONG:
                print(f"  {len(sentence.split())} words: {sentence}")
        for match in FILLERS.finditer(text):
            around = text[max(0, match.start() - 30) : match.end() + 30]
            print(f"  filler? … {' '.join(around.split())} …")
    print("\nTerms before their definition:", *(list(early(pages)) or ["none"]), sep="\n  ")


if __name__ == "__main__":
    main()
