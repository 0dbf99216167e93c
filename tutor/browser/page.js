// The one thing the page does by itself: open the screen again after it was closed.
document.getElementById("again").addEventListener("click", () => window.location.reload());
