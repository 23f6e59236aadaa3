import Testing

@testable import Migration

struct MarkdownPageTests {
  private func html(_ markdown: String) -> String { MarkdownPage(markdown).html }

  @Test(arguments: [
    ("# A & b", "<h1 id=\"a--b\">A &amp; b</h1>\n"),
    ("###### x\n####### y", "<h6 id=\"x\">x</h6>\n<p>####### y</p>\n"),
    ("#x", "<p>#x</p>\n"),
    ("## A\n## A", "<h2 id=\"a\">A</h2>\n<h2 id=\"a-1\">A</h2>\n"),
    ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"),
    ("> a\n> **b**", "<blockquote><p>a\n<strong>b</strong></p></blockquote>\n"),
    ("```sh\na < 'b'\n```\nc", "<pre tabindex=\"0\"><code>a &lt; &#39;b&#39;</code></pre>\n<p>c</p>\n"),
    ("```\nopen", "<pre tabindex=\"0\"><code>open</code></pre>\n"),
    ("- a\n  more\n- b\nc", "<ul>\n<li>a\nmore</li>\n<li>b</li>\n</ul>\n<p>c</p>\n"),
    ("1. a\n12. b\n- c", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n<ul>\n<li>c</li>\n</ul>\n"),
    ("2026 is. 1", "<p>2026 is. 1</p>\n"),
    ("a\n- b", "<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n"),
    ("a\n2. b", "<p>a</p>\n<ol>\n<li>b</li>\n</ol>\n"),
    ("a\n# b", "<p>a</p>\n<h1 id=\"b\">b</h1>\n"),
    ("a\n> b", "<p>a</p>\n<blockquote><p>b</p></blockquote>\n"),
    ("a\n```\nb\n```", "<p>a</p>\n<pre tabindex=\"0\"><code>b</code></pre>\n"),
    ("a\n| b |", "<p>a</p>\n<div class=\"table\"><table>\n<tbody>\n<tr><td>b</td></tr>\n</tbody>\n</table></div>\n"),
  ])
  func `blocks`(_ markdown: String, _ expected: String) { #expect(html(markdown) == expected) }

  @Test func `boxes can be ticked, and those that say what was done can not be changed`() {
    #expect(
      html("- [ ] a\n- [x] b")
        == "<ul>\n<li class=\"box\"><label><input type=\"checkbox\"> <span>a</span></label></li>\n"
        + "<li class=\"box\"><label><input type=\"checkbox\" checked disabled> <span>b</span></label></li>\n</ul>\n")
  }

  @Test func `tables have a header of columns, or without its words one of rows, or none`() {
    let rule = "|---|:-:|"
    #expect(
      html("| a | b |\n\(rule)\n| c \\| d | `e` |")
        == "<div class=\"table\"><table>\n<thead>\n<tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr>\n</thead>\n"
        + "<tbody>\n<tr><td>c | d</td><td><code>e</code></td></tr>\n</tbody>\n</table></div>\n")
    #expect(
      html("| | |\n\(rule)\n| a | b |")
        == "<div class=\"table\"><table>\n<tbody>\n<tr><th scope=\"row\">a</th><td>b</td></tr>\n</tbody>\n</table></div>\n"
    )
    #expect(
      html("| | b |\n\(rule)\n| c | d |")
        == "<div class=\"table\"><table>\n<thead>\n<tr><td></td><th scope=\"col\">b</th></tr>\n</thead>\n"
        + "<tbody>\n<tr><th scope=\"row\">c</th><td>d</td></tr>\n</tbody>\n</table></div>\n")
    #expect(
      html("| a | b")
        == "<div class=\"table\"><table>\n<tbody>\n<tr><td>a</td><td>b</td></tr>\n</tbody>\n</table></div>\n")
  }

  @Test(arguments: [
    ("a `b*c` **d** e", "a <code>b*c</code> <strong>d</strong> e"),
    ("**open", "<strong>open</strong>"), ("a ` b", "a ` b"), ("2 * 3", "2 * 3"),
    (#"\* \[ \\ \a \"#, #"* [ \ \a \"#), (#"\<b\> \&"#, "&lt;b&gt; &amp;"),
    ("<b>\"x\"</b>", "&lt;b&gt;&quot;x&quot;&lt;/b&gt;"),
    ("[a](https://x.fr/?b&c)", "<a href=\"https://x.fr/?b&amp;c\">a</a>"),
    ("[a](#b) [c](mailto:d@e.fr)", "<a href=\"#b\">a</a> <a href=\"mailto:d@e.fr\">c</a>"),
    ("[a](javascript:b)", "[a](javascript:b)"), ("[ ] x", "[ ] x"),
    (#"\[a\](https://x.fr)"#, "[a](https://x.fr)"),
  ])
  func `words`(_ markdown: String, _ expected: String) { #expect(MarkdownInline.html(markdown) == expected) }

  @Test func `the title is the words of the first heading`() {
    #expect(MarkdownPage("a\n# B `c` & <d>\n# E").title == "B c &amp; &lt;d&gt;")
    #expect(MarkdownPage("a").title.isEmpty)
  }

  @Test func `gaps are closed, but in code`() {
    let code = "```\na\n\n\n b\n```"
    #expect(MarkdownText.tidied("\n\na\n \n\nb\n\(code)\n\n\n") == "a\n\nb\n\(code)\n")
    #expect(MarkdownText.tidied("").isEmpty)
  }

  @Test func `lines may end as on Windows`() {
    let page = MarkdownPage("# A\r\n\r\none\r\ntwo\r\n- b\r\n```\r\nc\r\n\r\nd\r\n```\r\n")
    let code = "<pre tabindex=\"0\"><code>c\n\nd</code></pre>\n"
    #expect(page.title == "A")
    #expect(page.html == "<h1 id=\"a\">A</h1>\n<p>one\ntwo</p>\n<ul>\n<li>b</li>\n</ul>\n" + code)
    #expect(MarkdownText.tidied("\r\n\r\na\r\n \r\n\r\nb\r\n\r\n") == "a\n\nb\n")
  }
}
