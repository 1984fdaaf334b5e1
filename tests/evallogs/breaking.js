// A provider that answers with the question, and fails as a tool for one of them.
module.exports = class {
  id() { return "breaking"; }
  async callApi(prompt) {
    if (prompt.includes("Name") && prompt.includes("Peru")) return { error: "API error: 401 Unauthorized" };
    if (prompt.includes("Italy")) return { output: "API error: 429 Too Many Requests" };
    return { output: prompt, cost: 0.001, tokenUsage: { total: 12, prompt: 8, completion: 4 } };
  }
};
