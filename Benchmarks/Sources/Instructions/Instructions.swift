import Subjects

/// Repeats one operation: what `scripts/instructions.sh` runs under callgrind, twice with different counts, so that
/// starting the program cancels out. A program of its own, without a thread or task: valgrind follows it better.
@main
struct Instructions {
  /// The paths that every decision and every record go through.
  private enum Operation: String, CaseIterable {
    case decide, plan, explain, sign, verify, reconcile
  }

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let operation = arguments.first.flatMap(Operation.init(rawValue:)),
      let count = arguments.last.flatMap({ Int($0) }), count > 0
    else {
      let known = Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw BenchError("an operation (\(known)) and how often to repeat it are wanted")
    }
    let body = try body(of: operation)
    for _ in 0..<count { try body() }
  }

  private static func body(of operation: Operation) throws -> () throws -> Void {
    switch operation {
    case .decide:
      let inputs = try EngineInputs()
      var number = 0
      return {
        inputs.decide(inputs.requests[number % inputs.requests.count])
        number += 1
      }
    case .plan:
      let inputs = try NationalInputs()
      var number = 0
      return {
        _ = inputs.plan(number)
        number += 1
      }
    case .explain:
      let inputs = try NationalInputs()
      var number = 0
      return {
        _ = inputs.explain(number)
        number += 1
      }
    case .sign:
      let path = try BusPath()
      return { _ = try path.sign() }
    case .verify:
      let path = try BusPath()
      let event = try path.sign()
      return { try path.verify(event) }
    case .reconcile:
      let path = try BusPath()
      return { try path.reconcile() }
    }
  }
}
