import Builtins
import Interpreter
import Diagnostics
import Rendering
import Session
import Testing

@Suite struct HelpTests {
  @Test(arguments: HelpText.topics) func everyTopicHasAPage(_ topic: String) throws {
    guard !["pi", "inf", "nan"].contains(topic) else { return }
    let page = try HelpText.page(topic, Style()).get()
    #expect(page.count > 20)
    #expect(!page.contains("error["))
  }

  @Test(arguments: Builtin.all.filter { !$0.example.isEmpty }.map(\.name))
  func examplesRun(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let outcome = Session().run(builtin.example) { _ in }
    #expect(outcome.errors.map(\.headline) == [])
  }
}
