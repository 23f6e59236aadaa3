import Foundation
import Testing

@Suite("Requests that the pages show")
struct HTTPTests {
  @Test("go to addresses that the API has, with a method that they take")
  func requests() throws {
    var count = 0
    for page in try Repository.pages() {
      // `/_sim/…` is the simulated cluster's own.
      for (line, text) in page.codeSpans {
        guard let request = text.wholeMatch(of: /(GET|POST|PUT|DELETE) (\/[^_][^ ]*)/) else { continue }
        #expect(try RouteTable.answers(String(request.1), String(request.2)), "\(page):\(line): \(text)")
        count += 1
      }
      for block in page.blocks where block.language == "sh" {
        for words in ShellText.commands(block.text) where words[0] == "curl" {
          guard let url = words.first(where: { $0.contains("/api/v1/") }), let start = url.range(of: "/api/v1/") else {
            continue
          }
          let method = words.firstIndex(of: "-X").map { words[$0 + 1] } ?? "GET"
          let path = String(url[start.lowerBound...])
          #expect(try RouteTable.answers(method, path), "\(page):\(block.line): \(method) \(path)")
          count += 1
        }
      }
    }
    #expect(count > 8)
  }

  @Test("with another method or path would be found")
  func wrong() throws {
    #expect(try RouteTable.answers("GET", "/api/v1/placements?zone=r1-dr"))
    #expect(try RouteTable.answers("GET", "/api/v1/projects/ccaf/explanation"))
    #expect(try !RouteTable.answers("DELETE", "/api/v1/capacity"))
    #expect(try !RouteTable.answers("GET", "/api/v1/project/ccaf"))
  }
}
