import Foundation
import Testing

@Suite("The pages")
struct LinkTests {
  @Test("link only to files, folders and headings that are there")
  func links() throws {
    let pages = try Repository.pages()
    #expect(pages.count > 20)
    let byPath = Dictionary(uniqueKeysWithValues: pages.map { ($0.path, $0) })
    for page in pages {
      for link in page.links where !link.target.contains("://") {
        let halves = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let folder = (page.path as NSString).deletingLastPathComponent
        let target = halves[0].isEmpty ? page.path : Self.path(halves[0], from: folder)
        #expect(Repository.exists(target), "\(page):\(link.line): \(link.target)")
        guard halves.count == 2, let linked = byPath[target] else { continue }
        #expect(linked.anchors.contains(halves[1]), "\(page):\(link.line): \(target) has no heading #\(halves[1])")
      }
    }
  }

  @Test("link outside by https only")
  func outside() throws {
    for page in try Repository.pages() {
      for link in page.links where link.target.contains("://") {
        #expect(link.target.hasPrefix("https://") && URL(string: link.target)?.host() != nil, "\(page):\(link.line)")
      }
    }
  }

  @Test("are all reached from the README")
  func reached() throws {
    let pages = Dictionary(uniqueKeysWithValues: try Repository.pages().map { ($0.path, $0) })
    var reached: Set<String> = ["README.md"]
    var waiting = ["README.md"]
    while let path = waiting.popLast() {
      for link in pages[path]?.links ?? [] where !link.target.contains("://") {
        let file = String(link.target.prefix { $0 != "#" })
        var target = Self.path(file, from: (path as NSString).deletingLastPathComponent)
        if pages[target] == nil { target = Self.path("README.md", from: target) }
        if pages[target] != nil, reached.insert(target).inserted { waiting.append(target) }
      }
    }
    #expect(Set(pages.keys).subtracting(reached).sorted() == [])
  }

  @Test("end their blocks, and give each a language")
  func blocks() throws {
    for page in try Repository.pages() {
      #expect(page.lines.count { $0.hasPrefix("```") } == 2 * page.blocks.count, "\(page): a block does not end")
      for block in page.blocks {
        #expect(
          ["sh", "yaml", "json", "text", "sql"].contains(block.language), "\(page):\(block.line): \(block.language)")
      }
    }
  }

  @Test("end code between backquotes on its line, where it is looked for")
  func spans() throws {
    for page in try Repository.pages() {
      for line in page.prose { #expect(line.text.count { $0 == "`" }.isMultiple(of: 2), "\(page):\(line.number)") }
    }
  }

  @Test("anchors are those of GitHub")
  func anchors() {
    let page = Page("x.md", text: "# Hello, World!\n## `a_b` and [c](d.md)\n## Déjà vu\n## Déjà vu\n```sh\n# no\n```\n")
    #expect(page.anchors == ["hello-world", "a_b-and-c", "déjà-vu", "déjà-vu-1"])
  }

  /// `relative`, seen from `folder`, as a path from the project's folder.
  static func path(_ relative: String, from folder: String) -> String {
    var parts = folder.split(separator: "/").map(String.init)
    for part in relative.split(separator: "/") {
      if part == ".." {
        _ = parts.popLast()
      } else if part != "." {
        parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }
}
