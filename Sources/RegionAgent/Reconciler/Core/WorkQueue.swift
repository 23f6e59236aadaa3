/// What waits to be done on one cluster: one thing per key at the most, the newest, so that the queue is never longer than
/// there are keys.
///
/// Updates and removals stand in two lines that are served in turn: a thousand of the one kind hold up none of the other.
struct WorkQueue<Key: Hashable & Sendable, Work: Sendable>: Sendable {
  /// The two lines.
  enum Line: Sendable, Hashable {
    case updates, removals
  }

  private struct Entry: Sendable {
    var line: Line
    var ticket: Int
    var work: Work
  }

  private var entries: [Key: Entry] = [:]
  private var lines: [Line: ArraySlice<(key: Key, ticket: Int)>] = [:]
  private var tickets = 0
  private var served = Line.removals

  /// How many things wait.
  var count: Int { entries.count }

  /// Adds what is to be done. What waits under the key already is replaced: in the same line it keeps its place.
  ///
  /// - Returns: The other line, where what was replaced stood in it.
  @discardableResult
  mutating func add(_ work: Work, of key: Key, to line: Line) -> Line? {
    let displaced = entries[key]?.line
    if displaced == line {
      entries[key]?.work = work
      return nil
    }
    tickets += 1
    entries[key] = Entry(line: line, ticket: tickets, work: work)
    lines[line, default: []].append((key, tickets))
    return displaced
  }

  /// Takes the next thing: of the line that was not served last, where something waits there.
  mutating func next() -> Work? {
    let turn: [Line] = served == .updates ? [.removals, .updates] : [.updates, .removals]
    for line in turn {
      while let first = lines[line]?.popFirst() {
        // One that was replaced by work of the other line has another ticket by now.
        guard let entry = entries[first.key], entry.ticket == first.ticket else { continue }
        entries[first.key] = nil
        served = line
        return entry.work
      }
    }
    return nil
  }
}
